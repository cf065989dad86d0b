#!/usr/bin/env python3
"""`ppo` on cartpole and one iteration of `maml` beside PyTorch, in turns on the same machine, and the ratios.

    /usr/bin/python3 benchmarks/pytorch/exploration_compare.py [FILE.json] [--rounds 3]

builds benchmarks/exploration/speed.cs and runs it and ppo_cartpole.py and maml_step.py one after the other, as many
rounds as asked for, each program with the faster of one thread and all. Standard output has the ratios of medians and
of best runs; FILE.json (by default docs/results/exploration-speed.json) has all of it. Run it on an idle machine.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
root = Path(__file__).resolve().parents[2]
p.add_argument("file", nargs="?", default=root / "docs" / "results" / "exploration-speed.json", type=Path)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--python", default="/usr/bin/python3", help="one that has PyTorch")
args = p.parse_args()
here = Path(__file__).resolve().parent
ours = ["dotnet", "run", "-c", "Release", str(root / "benchmarks" / "exploration" / "speed.cs"), "--"]


def run(command):
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


count = os.cpu_count() or 1
scripts = {"ppo": "ppo_cartpole.py", "maml": "maml_step.py"}
runs = {name: {"RLSquared": [], "PyTorch": []} for name in scripts}
for turn in range(args.rounds):
    for name, script in scripts.items():
        for threads in {1, count}:
            runs[name]["RLSquared"].append(run([*ours, name, str(threads)]))
            runs[name]["PyTorch"].append(run([args.python, str(here / script), "--threads", str(threads)]))
            print(f"round {turn + 1}, {name}, {threads} threads: RLSquared {runs[name]['RLSquared'][-1]['value']}, "
                  f"PyTorch {runs[name]['PyTorch'][-1]['value']} {runs[name]['PyTorch'][-1]['unit']}", flush=True)

rows = []
for name, programs in runs.items():
    higher = programs["PyTorch"][0]["unit"] == "steps/s"
    medians, bests = {}, {}
    for program, found in programs.items():
        # Each program by the number of threads that suits it best.
        by_threads = {n: [one for one in found if one["threads"] == n] for n in {one["threads"] for one in found}}
        of = {n: statistics.median(one["value"] for one in some) for n, some in by_threads.items()}
        best_threads = (max if higher else min)(of, key=of.get)
        medians[program] = of[best_threads]
        bests[program] = (max if higher else min)(one["best"] for one in by_threads[best_threads])
    ratio = {kind: round(found["RLSquared"] / found["PyTorch"] if higher else found["PyTorch"] / found["RLSquared"], 2)
             for kind, found in (("median", medians), ("best", bests))}
    aim = {"ppo": 10, "maml": 3}[name]
    rows.append({"row": name, "label": programs["PyTorch"][0]["name"], "unit": programs["PyTorch"][0]["unit"],
                 "medians": medians, "bests": bests, "ratio": ratio, "aim": aim, "reachesAim": ratio["median"] >= aim,
                 "runs": programs})
    print(f"{name}: RLSquared is {ratio['median']} times as fast (best runs {ratio['best']}), aim {aim}")
args.file.parent.mkdir(parents=True, exist_ok=True)
args.file.write_text(json.dumps({"version": 1, "table": "exploration-speed", "processor": processor(), "cores": count,
                                 "loadBefore": round(os.getloadavg()[0], 2), "rows": rows}, indent=2) + "\n")
print(f"written: {args.file}")
