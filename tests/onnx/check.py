"""Checks ONNX models as the format's own library does: python3 check.py MODEL…

Prints one line per model and ends with 1 at the first that is not valid.
"""
import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    for declared, found in zip(model.graph.output, inferred.graph.output):
        shape = [d.dim_param or d.dim_value for d in found.type.tensor_type.shape.dim]
        wanted = [d.dim_param or d.dim_value for d in declared.type.tensor_type.shape.dim]
        if shape != wanted:
            sys.exit(f"{path}: {declared.name} is declared as {wanted} but comes to {shape}")
    operators = sorted({node.op_type for node in model.graph.node})
    print(f"{path}: opset {model.opset_import[0].version}, {len(model.graph.node)} nodes: {' '.join(operators)}")
