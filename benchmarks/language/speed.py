#!/usr/bin/env python3
"""Tokens per second of small and large language models, ours and PyTorch's in turns, as docs/results/language-speed.json.

    python3 benchmarks/language/speed.py docs/results/language-speed.json [ROUNDS [FOLDER]]

Builds what it runs. The interpreter that has torch is named by TORCH_PYTHON (/usr/bin/python3 if not). FOLDER is where a
model of Qwen2.5-0.5B's shape is written (1 GB) for its two rows; without it they are left out. A rate is the median over
the rounds of each round's median; nothing else should run meanwhile.
"""
import json, os, platform, statistics, subprocess, sys

out, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
folder = sys.argv[3] if len(sys.argv) > 3 else None
torch = os.environ.get("TORCH_PYTHON", "/usr/bin/python3")
threads = os.cpu_count()
project = "benchmarks/RLSquared.Benchmarks"
program = f"{project}/bin/Release/net10.0/RLSquared.Benchmarks.dll"


def lines(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


subprocess.run(["dotnet", "build", project, "-c", "Release", "-v", "q", "--nologo"], check=True)
torch_version = subprocess.run([torch, "-c", "import torch; print(torch.__version__)"], capture_output=True,
                               text=True).stdout.strip() or None
rows = []
for what, label, aim in [("train", "training, 8 sequences of 256 tokens", 1.5),
                         ("forward", "forward, the same", None),
                         ("generate", "generation, 64 sequences in flight", 5)]:
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(statistics.median(r["tokensPerSecond"] for r in lines("dotnet", program, "language", what,
                                                                            str(threads), "3")))
        if torch_version:
            theirs.append(statistics.median(r["tokensPerSecond"] for r in lines(
                torch, "benchmarks/pytorch/language_speed.py", what, str(threads), "3")))
    ratio = statistics.median(ours) / statistics.median(theirs) if theirs else None
    row = {"row": what, "label": f"4 layers, D 256, vocabulary 512: {label}", "trained": [
        {"variant": "rlsquared", "seeds": ours, "median": statistics.median(ours), "unit": "tokens/s"}]}
    if theirs:
        row["trained"].append({"variant": f"pytorch {torch_version}", "seeds": theirs,
                               "median": statistics.median(theirs), "unit": "tokens/s"})
        row["trained"].append({"variant": "ratio", "median": round(ratio, 2), "aim": aim,
                               "reachesAim": aim is None or ratio >= aim})
    rows.append(row)
    print(json.dumps(row))
if folder:
    model = "benchmarks/language/half-billion.cs"
    run = ["dotnet", "run", "-c", "Release", model, folder]
    if not os.path.exists(os.path.join(folder, "model.safetensors")):
        subprocess.run([*run, "make"], check=True)
    for part, aim in [("generate", 25), ("lora", 60)]:
        found = [lines(*run, part, str(threads))[0] for _ in range(rounds)]
        rates = [one["tokensPerSecond"] for one in found]
        peak = max(one["peakMiB"] for one in found)
        row = {"row": f"0.5b-{part}", "label": "Qwen2.5-0.5B's shape: " + {
            "generate": "one sequence decoded", "lora": "a LoRA step of rank 16, 8 sequences of 64 tokens"}[part],
            "trained": [
                {"variant": "rlsquared", "seeds": rates, "median": statistics.median(rates), "unit": "tokens/s",
                 "aim": aim, "reachesAim": statistics.median(rates) >= aim},
                {"variant": "memory", "median": peak, "unit": "MiB", "aim": 6144, "reachesAim": peak <= 6144}]}
        rows.append(row)
        print(json.dumps(row))
processor = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.processor())
flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
json.dump({"version": 1, "table": "language-speed", "threads": threads, "processor": processor,
           "vectors": "avx512" if "avx512f" in flags else "avx2" if "avx2" in flags else "other", "rows": rows},
          open(out, "w"), indent=2)
