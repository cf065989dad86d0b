#!/usr/bin/env python3
"""Leaves out or changes one part of Transitive RL after the other and records how good the values of a point maze are, as
docs/results/transitive-ablations.json and .md.

    ablations.py --updates 3000 --seeds 1 2

Each training is one `RLSquared.Benchmarks values …`; what it printed is kept below --runs and not repeated.
"""
import argparse, json, pathlib, re, statistics, subprocess

root = pathlib.Path(__file__).resolve().parent.parent.parent
options = argparse.ArgumentParser()
options.add_argument("--size", default="medium")
options.add_argument("--updates", type=int, default=3000)
options.add_argument("--seeds", nargs="+", type=int, default=[1])
options.add_argument("--only", nargs="*", default=[], help="labels; all by default")
options.add_argument("--program", default=str(
    root / "benchmarks/RLSquared.Benchmarks/bin/Release/net10.0/RLSquared.Benchmarks"))
options.add_argument("--runs", default="runs/ablations")
args = options.parse_args()
runs = pathlib.Path(args.runs)
runs.mkdir(parents=True, exist_ok=True)
published = "recorded=false initial-steps=0 input-gain=1"
variants = {
    "ours": "", "recorded=false": "recorded=false", "initial-steps=0": "initial-steps=0",
    "input-gain=1": "input-gain=1", "as published": published,
    "κ = 0.51": "expectile=0.51", "κ = 0.9": "expectile=0.9",
    "λ = 0": "distance-weight=0", "λ = 2": "distance-weight=2",
    "subgoals anywhere": "random-subgoals=true", "subgoals anywhere, as published else": f"random-subgoals=true {published}"}
bands = ["1 to 5", "5 to 10", "10 to 20", "20 to 40", "40 to 80", "80 to 120", "120 to 160"]
trained, lines = [], []
for label, changed in variants.items():
    if args.only and label not in args.only:
        continue
    seeds = []
    for seed in args.seeds:
        kept = runs / f"{args.size}-{args.updates}-{re.sub('[^a-z0-9.=]+', '-', label)}-{seed}.txt"
        command = ["values", args.size, str(args.updates), str(args.updates), str(seed), *changed.split()]
        if not kept.exists():
            done = subprocess.run([args.program, *command], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{label} {seed}: {done.stderr.strip()[-500:]}", flush=True)
                continue
            kept.write_text(done.stdout)
        words = kept.read_text().splitlines()[-1].split()
        seeds.append({"seed": seed, "rightWay": float(words[1].rstrip("%")) / 100,
                      "ratios": [None if word == "-" else float(word) for word in words[3::3]][:len(bands)],
                      "command": "RLSquared.Benchmarks " + " ".join(command)})
        print(label, seed, words[1], flush=True)
    if not seeds:
        continue
    ways = [seed["rightWay"] for seed in seeds]
    ratios = [None if None in (all_seeds := [seed["ratios"][b] for seed in seeds]) else statistics.mean(all_seeds)
              for b in range(len(bands))]
    trained.append({"variant": label, "algorithm": "transitive-rl", "settings": changed, "seeds": seeds,
                    "median": statistics.median(ways), "mean": statistics.mean(ways), "ratios": ratios,
                    "aim": None, "reachesAim": None})
    each = ", ".join(f"{100 * way:.1f}" for way in ways)
    lines.append(f"| {label} | {each} | " + " | ".join("" if ratio is None else f"{ratio:.2f}" for ratio in ratios) + " |")
    row = {"row": f"point-maze {args.size}", "label": f"values after {args.updates} updates", "task": "point-maze",
           "options": {"size": args.size}, "instances": 2000, "seed": 1, "trained": trained}
    (root / "docs/results/transitive-ablations.json").write_text(json.dumps(
        {"version": 1, "table": "transitive-ablations", "rows": [row]}, indent=2, ensure_ascii=False) + "\n")
    (root / "docs/results/transitive-ablations.md").write_text("\n".join([
        "# transitive-ablations", "", pathlib.Path(__file__).with_name("transitive-ablations.md").read_text().strip(),
        "", f"The {args.size} maze, {args.updates:,} updates, seeds {', '.join(map(str, args.seeds))}.", "",
        "| changed | right way, % | " + " | ".join(bands) + " |", "|" + "---|" * (len(bands) + 2), *lines, "", "```",
        f"benchmarks/goals/ablations.py --size {args.size} --updates {args.updates} --seeds {' '.join(map(str, args.seeds))}"
        + (" --only " + " ".join(f"'{label}'" for label in args.only) if args.only else ""),
        "```", "", "Data: [`transitive-ablations.json`](transitive-ablations.json).", ""]))
