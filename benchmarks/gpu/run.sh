#!/usr/bin/env bash
# All figures of docs/results/gpu.md, on a machine that has NVIDIA's driver, and Python with PyTorch to compare with.
# Run in the root of the repository. PROGRAM is a self-contained build of benchmarks/gpu/RLSquared.Gpu.Benchmark
# (no .NET is needed), OUT the folder for results. Every part has its own limit; one that fails loses no other.
#   ROWS=SECONDS   for training rows of the paper's Table 1 (default 420; 0 for none)
#   ONLY=a,b       which rows
#   DRY=1          a rehearsal without a card: tiny sizes, PyTorch on the processor
set -u
PROGRAM=${PROGRAM:-.gpu/rl2-gpu-benchmark}
OUT=${OUT:-gpu-figures}
ROWS=${ROWS:-420}
ONLY=${ONLY:-}
DRY=${DRY:-0}
HERE=$(dirname "$0")
mkdir -p "$OUT"
chmod +x "$PROGRAM" 2>/dev/null
export DOTNET_gcServer=0 DOTNET_TieredPGO=0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
PYTHON=${PYTHON:-python3}
DEVICE=cuda SMALL="" PRODUCT=""
if [ "$DRY" = 1 ]; then
    DEVICE=cpu
    SMALL="--trials 16 --minibatch 8 --pulls 5 --hidden 8 --iterations 1"
    PRODUCT="--size 64 --repeats 2"
fi

# cuBLAS comes with PyTorch; find its folder without importing it.
CUBLAS=$($PYTHON - <<'P'
import glob, os, sys
for folder in sys.path:
    found = sorted(glob.glob(os.path.join(folder, "nvidia", "*", "lib", "libcublas.so.1[123]")))
    if found:
        print(os.path.dirname(found[-1]))
        break
P
)
[ -n "$CUBLAS" ] && export RL2_CUBLAS="$CUBLAS" LD_LIBRARY_PATH="$CUBLAS:${LD_LIBRARY_PATH:-}"
echo "cuBLAS: ${RL2_CUBLAS:-not found}"
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null | tee "$OUT/nvidia-smi.txt"

part() {                    # part NAME LIMIT COMMAND…
    local name=$1 limit=$2 start=$SECONDS
    shift 2
    timeout -k 5 "$limit" "$@" >"$OUT/$name.log" 2>&1
    local rc=$?
    echo "== $name: rc $rc, $((SECONDS - start)) s"
    tail -n "${TAIL:-12}" "$OUT/$name.log" | cut -c1-400
    tail -n 400 "$OUT/$name.log" >>"$OUT/log.txt"
    rm -f "$OUT/$name.log"
}

part figures 150 "$PROGRAM" figures "$OUT"
part torch-products 60 "$PYTHON" "$HERE/matmul.py" --device $DEVICE $PRODUCT --out "$OUT/torch-products.json"
part torch-f32 60 "$PYTHON" "$HERE/rl2_iteration.py" --device $DEVICE $SMALL --precision f32 --seconds 12 --out "$OUT/torch-f32.json"
part torch-tf32 60 "$PYTHON" "$HERE/rl2_iteration.py" --device $DEVICE $SMALL --precision tf32 --seconds 12 --out "$OUT/torch-tf32.json"
# Rows are trained only where a gradient was found right: else the time is better saved.
RIGHT=$("$PYTHON" - "$OUT/ours.json" <<'P'
import json, sys
try:
    print(int(json.load(open(sys.argv[1]))["gradient"]["largest_relative_error"] < 1e-3))
except Exception:
    print(0)
P
)
if [ "$ROWS" != 0 ] && [ "$RIGHT$DRY" = 00 ]; then
    echo "== rows: left out, because the gradient is not right"
elif [ "$ROWS" != 0 ]; then
    part rows $((ROWS + 40)) "$PROGRAM" rows "$OUT" "$ROWS" ${ONLY:+"$ONLY"}
fi
"$PYTHON" "$HERE/table.py" "$OUT"
# The weights of all rows become one file.
mkdir -p "$OUT/weights" && mv "$OUT"/*.safetensors "$OUT/weights/" 2>/dev/null
if ls "$OUT/weights/"*.safetensors >/dev/null 2>&1; then
    tar -C "$OUT/weights" -czf "$OUT/weights.tgz" . && rm -rf "$OUT/weights"
fi
rm -f "$OUT"/torch-*.json "$OUT/nvidia-smi.txt"; rmdir "$OUT/weights" 2>/dev/null
ls -l "$OUT"
