#!/usr/bin/env python3
"""Leaves out or changes one part of Transitive RL after the other and records how good the values of a point maze are, as
docs/results/transitive-ablations.json and .md.

    ablations.py --updates 2000 --seeds 1 2 3

Each training is one `RLSquared.Benchmarks values …`; what it printed is kept below --runs and not repeated. Both files
are written anew from all that is kept after each training.
"""
import argparse, json, math, pathlib, statistics

from trainings import parse, root, run

options = argparse.ArgumentParser()
options.add_argument("--size", default="medium")
options.add_argument("--only", nargs="*", help="numbers of variants to train, from 0; all by default, none for the page alone")
args = parse(options, updates=2000, runs="runs/ablations")
published = "recorded=false initial-steps=0 input-gain=1"
# label, options, what it is compared with, and whether the paper or its replications found it worse (-1) or better (1)
variants = [
    ("as published: κ = 0.7, λ = 0.7", published, None, None),
    ("κ = 0.51", f"{published} expectile=0.51", 0, -1),
    ("κ = 0.9", f"{published} expectile=0.9", 0, None),
    ("λ = 0", f"{published} distance-weight=0", 0, -1),
    ("λ = 2", f"{published} distance-weight=2", 0, None),
    ("subgoals anywhere", f"{published} random-subgoals=true", 0, -1),
    ("ours", "", 0, None),
    ("ours without `recorded`", "recorded=false", 6, None),
    ("ours with `initial-steps=0`", "initial-steps=0", 6, None),
    ("ours with `input-gain=1`", "input-gain=1", 6, None),
    ("ours, subgoals anywhere", "random-subgoals=true", 6, None)]
bands = ["1 to 5", "5 to 10", "10 to 20", "20 to 40", "40 to 80", "80 to 120", "120 to 160"]


def file(variant, seed):
    return args.runs / f"{args.size}-{args.updates}-{variant}-{seed}.txt"


def command(variant, seed):
    return ["values", args.size, str(args.updates), str(args.updates), str(seed), *variants[variant][1].split()]


def found(variant):
    """What is kept of a variant, by seed: the share of right ways, and learned over true steps in each band."""
    every = {}
    for seed in range(1, 33):
        if file(variant, seed).exists():
            words = file(variant, seed).read_text().splitlines()[-1].split()
            every[seed] = (float(words[1].rstrip("%")) / 100,
                           [None if word == "-" else float(word) for word in words[3::3]][:len(bands)])
    return every


def difference(variant, base):
    """Mean and standard error of the paired differences from the base, over the seeds that both have."""
    mine, other = found(variant), found(base)
    pairs = [mine[seed][0] - other[seed][0] for seed in sorted(mine.keys() & other.keys())]
    if len(pairs) < 2:
        return None
    return statistics.mean(pairs), statistics.stdev(pairs) / math.sqrt(len(pairs))


def verdict(gap, expected):
    if gap is None:
        return ""
    sign = 0 if abs(gap[0]) <= 2 * gap[1] else 1 if gap[0] > 0 else -1
    text = ("worse", "no clear difference", "better")[sign + 1]
    return text if expected is None else f"{text}; expected {('worse', '', 'better')[expected + 1]}"


def write():
    trained, lines, all_seeds = [], [], set()
    for variant, (label, changed, base, expected) in enumerate(variants):
        every = found(variant)
        if not every:
            continue
        all_seeds |= every.keys()
        ways = [way for way, _ in every.values()]
        ratios = [None if None in (those := [ratio[b] for _, ratio in every.values()]) else statistics.mean(those)
                  for b in range(len(bands))]
        gap = None if base is None else difference(variant, base)
        trained.append({
            "variant": label, "algorithm": "transitive-rl", "settings": changed, "seeds": [
                {"seed": seed, "rightWay": way, "ratios": ratio,
                 "command": "RLSquared.Benchmarks " + " ".join(command(variant, seed))}
                for seed, (way, ratio) in every.items()],
            "median": statistics.median(ways), "mean": statistics.mean(ways), "ratios": ratios,
            "comparedWith": None if base is None else variants[base][0],
            "difference": gap and gap[0], "standardError": gap and gap[1], "expectedSign": expected,
            "aim": None, "reachesAim": None})
        each = ", ".join(f"{100 * way:.1f}" for way in ways)
        apart = "" if gap is None else f"{100 * gap[0]:+.1f} ± {100 * gap[1]:.1f}"
        lines.append(f"| {label} | {each} | {statistics.mean(ways):.1%} | {apart} | {verdict(gap, expected)} | "
                     + " | ".join("" if ratio is None else f"{ratio:.2f}" for ratio in ratios) + " |")
    if not trained:
        return
    row = {"row": f"point-maze {args.size}", "label": f"values after {args.updates} updates", "task": "point-maze",
           "options": {"size": args.size}, "instances": 2000, "seed": 1, "trained": trained}
    (root / "docs/results/transitive-ablations.json").write_text(json.dumps(
        {"version": 1, "table": "transitive-ablations", "rows": [row]}, indent=2, ensure_ascii=False) + "\n")
    (root / "docs/results/transitive-ablations.md").write_text("\n".join([
        "# transitive-ablations", "", pathlib.Path(__file__).with_name("transitive-ablations.md").read_text().strip(),
        "", f"The {args.size} maze, {args.updates:,} updates.", "",
        "| | right way, % | mean | beside its base, points | | " + " | ".join(bands) + " |",
        "|" + "---|" * (len(bands) + 5), *lines, "", "```",
        f"benchmarks/goals/ablations.py --size {args.size} --updates {args.updates} "
        f"--seeds {' '.join(map(str, sorted(all_seeds)))}",
        "```", "", "Data: [`transitive-ablations.json`](transitive-ablations.json).", ""]))


for seed in args.seeds:
    for variant in range(len(variants)) if args.only is None else map(int, args.only):
        if file(variant, seed).exists():
            continue
        said = run(args.program, command(variant, seed), f"{variants[variant][0]} {seed}")
        if said is None:
            continue
        file(variant, seed).write_text(said)
        print(variants[variant][0], seed, said.splitlines()[-1].split()[1], flush=True)
        write()
write()
