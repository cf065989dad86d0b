#!/usr/bin/env python3
"""Products of 4096 x 4096 matrices in PyTorch: what cuBLAS reaches through it, in TFLOP/s. Writes one JSON."""
import argparse
import json
import statistics
import time

import torch

p = argparse.ArgumentParser()
p.add_argument("--size", type=int, default=4096)
p.add_argument("--repeats", type=int, default=30)
p.add_argument("--device", default="cuda")
p.add_argument("--out", default="")
o = p.parse_args()
device = torch.device(o.device)
n = o.size
result = {"torch": torch.__version__, "size": n}
if device.type == "cuda":
    result["card"] = torch.cuda.get_device_name()


def measure(a, b):
    out = torch.empty(n, n, dtype=a.dtype, device=device)
    for _ in range(3):
        torch.mm(a, b, out=out)
    seconds = []
    for _ in range(o.repeats):
        if device.type == "cuda":
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            torch.mm(a, b, out=out)
            end.record()
            end.synchronize()
            seconds.append(begin.elapsed_time(end) / 1e3)
        else:
            start = time.time()
            torch.mm(a, b, out=out)
            seconds.append(time.time() - start)
    return 2 * n**3 / statistics.median(seconds) / 1e12


torch.manual_seed(1)
a, b = torch.randn(n, n, device=device), torch.randn(n, n, device=device)
torch.backends.cuda.matmul.allow_tf32 = False
result["f32_tflops"] = measure(a, b)
torch.backends.cuda.matmul.allow_tf32 = True
result["tf32_tflops"] = measure(a, b)
result["bf16_tflops"] = measure(a.bfloat16(), b.bfloat16())
if device.type == "cuda":
    x, y = torch.randn(1 << 28, device=device), torch.empty(1 << 28, device=device)
    seconds = []
    for _ in range(10):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        y.copy_(x)
        end.record()
        end.synchronize()
        seconds.append(begin.elapsed_time(end) / 1e3)
    result["copy_tb_per_second"] = 2 * 4 * (1 << 28) / statistics.median(seconds) / 1e12
print(json.dumps(result))
if o.out:
    with open(o.out, "w") as file:
        json.dump(result, file)
