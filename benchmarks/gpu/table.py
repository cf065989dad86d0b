#!/usr/bin/env python3
"""Puts the JSONs of a run together into figures.json and prints a short table."""
import json
import os
import sys

folder = sys.argv[1]


def read(name):
    try:
        with open(os.path.join(folder, name)) as file:
            return json.load(file)
    except (OSError, ValueError) as error:
        return {"error": str(error)}


figures = {
    "ours": read("ours.json"), "torch_products": read("torch-products.json"), "torch_f32": read("torch-f32.json"),
    "torch_tf32": read("torch-tf32.json"), "rows": read("rows.json"),
}
try:
    with open(os.path.join(folder, "nvidia-smi.txt")) as file:
        figures["nvidia_smi"] = file.read().strip()
except OSError:
    pass
with open(os.path.join(folder, "figures.json"), "w") as file:
    json.dump(figures, file, indent=1)

ours = figures["ours"]


def get(tree, *path):
    for key in path:
        if not isinstance(tree, dict) or key not in tree:
            return None
        tree = tree[key]
    return tree


def show(name, own, other):
    ratio = f"{own / other:6.2f}" if own and other else "     -"
    print(f"{name:34} {own if own is None else round(own, 3)!s:>12} {other if other is None else round(other, 3)!s:>12} {ratio}")


print(f"card: {get(ours, 'card', 'name')}, driver of CUDA {get(ours, 'card', 'driver_cuda')}, "
      f"cuBLAS {get(ours, 'card', 'cublas')}")
for kind in ("library", "own_product"):
    print(f"checks ({kind}): {get(ours, 'checks', kind, 'failed')} failed of {len(get(ours, 'checks', kind, 'errors') or [])}")
print(f"device: {get(ours, 'device', 'failed')} failed of {get(ours, 'device', 'compared')}")
print(f"gradient against the processor: {get(ours, 'gradient', 'largest_relative_error')}, TF32 "
      f"{get(ours, 'gradient', 'largest_relative_error_tf32')}; same bits twice: {get(ours, 'same_bits', 'twice')}")
print(f"{'figure':34} {'RLSquared':>12} {'PyTorch':>12}  ratio")
for precision in ("f32", "tf32", "bf16"):
    show(f"product 4096 {precision} TFLOP/s", get(ours, "products", f"{precision}_tflops"),
         get(figures["torch_products"], f"{precision}_tflops"))
show("own kernel F32 TFLOP/s", get(ours, "products", "own_kernel_tflops"), get(figures["torch_products"], "f32_tflops"))
show("copy TB/s", get(ours, "products", "copy_tb_per_second"), get(figures["torch_products"], "copy_tb_per_second"))
for precision in ("f32", "tf32"):
    show(f"RL2 iteration {precision} M steps/s", (get(ours, f"rl2_{precision}", "steps_per_second") or 0) / 1e6,
         (get(figures[f"torch_{precision}"], "steps_per_second") or 0) / 1e6)
show("RL2 f32, not recorded, M steps/s", (get(ours, "rl2_f32_not_recorded", "steps_per_second") or 0) / 1e6, None)
show("RL2 iteration bf16 M steps/s", (get(ours, "rl2_bf16", "steps_per_second") or 0) / 1e6, None)
for key in ("first_iteration_seconds", "seconds", "seconds_to_ask", "rollout_seconds", "gradient_seconds",
            "gradient_seconds_to_ask", "gradient_seconds_recorded", "recorded_error", "record_error", "memory_gib", "mean_return"):
    print(f"  f32 {key}: {get(ours, 'rl2_f32', key)}   tf32: {get(ours, 'rl2_tf32', key)}")
print(f"  PyTorch rollout_seconds: {get(figures, 'torch_f32', 'rollout_seconds')}, mean_return "
      f"{get(figures, 'torch_f32', 'mean_return')}")
for name, row in figures["rows"].items():
    if isinstance(row, dict):
        print(f"{name:12} score {row.get('score')} ± {row.get('standard_error')}  paper {row.get('paper')}  "
              f"steps {row.get('steps')}  {row.get('error', '')}")
for name, part in ours.items():
    if isinstance(part, dict) and "error" in part:
        print(f"FAILED {name}: {part['error']}")
