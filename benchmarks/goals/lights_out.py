#!/usr/bin/env python3
"""Trains Transitive RL and TD-n on Lights Out and records how many presses are right, as docs/results/lights-out.json
and .md.

    lights_out.py --boards 3x3 --updates 10000 --seeds 1 2 3
    lights_out.py                      the page alone, from what is kept

Each training is one `RLSquared.Benchmarks presses …`; what it printed is kept below --runs and not repeated.
"""
import argparse, json, math, pathlib, statistics

from trainings import parse, root, run

options = argparse.ArgumentParser()
options.add_argument("--boards", nargs="*", default=[])
options.add_argument("--only", nargs="*", help="labels; all by default")
args = parse(options, updates=10000, runs="runs/lights-out")
runs = args.runs
variants = {
    "transitive, small default": ("transitive-rl", ""),
    "transitive, as published": ("transitive-rl", "extraction=greedy recorded=false initial-steps=0"),
    "TD-1": ("td-n", "greedy=true steps=1"), "TD-5": ("td-n", "greedy=true steps=5"),
    "TD-25": ("td-n", "greedy=true steps=25"), "MC": ("td-n", "greedy=true steps=0")}
names = list(variants)


def command(board, label, updates, seed):
    algorithm, changed = variants[label]
    return ["presses", board, algorithm, str(updates), str(updates), str(seed), *changed.split()]


def percent(share):
    return f"{100 * share:.0f}"


def write():
    rows, lines = [], []
    kept = {}
    for one in sorted(runs.glob("*_*_*_*.json")):
        board, updates, variant, seed = one.stem.split("_")
        kept.setdefault((board, int(updates)), {}).setdefault(int(variant), {})[int(seed)] = json.loads(one.read_text())
    for (board, updates), found in sorted(kept.items()):
        most = len(next(iter(next(iter(found.values())).values()))["right"])
        step = 1 if most <= 9 else 2
        bands = [(low, min(low + step - 1, most)) for low in range(1, most + 1, step)]
        heads = [f"{low}" if low == high else f"{low}, {high}" for low, high in bands]
        trained = []
        lines += [f"## {board}, {updates:,} updates", "", "| | seeds | mean | each seed | " + " | ".join(heads)
                  + " | right at first | of the five tasks |", "|" + "---|" * (len(bands) + 6)]
        for variant, seeds in sorted(found.items()):
            means = [statistics.mean(one["solved"]) for one in seeds.values()]
            right = statistics.mean(statistics.mean(one["right"]) for one in seeds.values())
            tasks = statistics.mean(sum(one["tasks"]) for one in seeds.values())
            error = statistics.stdev(means) / math.sqrt(len(means)) if len(means) > 1 else None
            columns = [statistics.mean(statistics.mean(one["solved"][low - 1:high]) for one in seeds.values())
                       for low, high in bands]
            spread = "" if error is None else f" ± {100 * error:.1f}"
            lines.append(f"| {names[variant]} | {len(seeds)} | {100 * statistics.mean(means):.1f}{spread} | "
                         + ", ".join(f"{100 * mean:.1f}" for mean in means) + " | "
                         + " | ".join(map(percent, columns)) + f" | {percent(right)} | {tasks:.1f} |")
            trained.append({
                "variant": names[variant], "algorithm": variants[names[variant]][0],
                "settings": variants[names[variant]][1], "budget": f"{updates}steps", "seeds": [
                    {"seed": seed, **one, "mean": mean,
                     "command": "RLSquared.Benchmarks " + " ".join(command(board, names[variant], updates, seed))}
                    for (seed, one), mean in zip(seeds.items(), means)],
                "median": statistics.median(means), "mean": statistics.mean(means), "standardError": error,
                "right": right, "tasks": tasks, "aim": None, "reachesAim": None})
        lines += ["", "```", *(one["seeds"][0]["command"] for one in trained), "```", ""]
        rows.append({"row": f"{board}-{updates}", "label": f"lights-out board={board}", "task": "lights-out",
                     "options": {"board": board}, "instances": 200 * most, "seed": 1, "trained": trained})
    if not rows:
        return
    table = runs / "table.json"
    exact = json.loads(table.read_text()) if table.exists() else None
    text = pathlib.Path(__file__).with_name("lights-out.md").read_text().strip()
    sweeps = [] if exact is None else [
        "## A table of all states", "", f"3 × 3, {exact['states']} states by as many goals, {exact['farthest']} presses at most: the table holds "
        f"the fewest presses of every pair after {exact['transitive']} transitive sweeps, and after {exact['oneStep']} one-step sweeps.", "", "```",
        "RLSquared.Benchmarks presses 3x3 table", "```", ""]
    (root / "docs/results/lights-out.json").write_text(json.dumps(
        {"version": 1, "table": "lights-out", "sweeps": exact, "rows": rows}, indent=2, ensure_ascii=False) + "\n")
    (root / "docs/results/lights-out.md").write_text("\n".join(
        ["# lights-out", "", text, "", *sweeps, *lines, "Data: [`lights-out.json`](lights-out.json).", ""]))


if args.boards and not (runs / "table.json").exists():
    said = run(args.program, ["presses", "3x3", "table"])
    if said is not None:
        (runs / "table.json").write_text(said)
for seed in args.seeds:
    for board in args.boards:
        for label in args.only or names:
            kept = runs / f"{board}_{args.updates}_{names.index(label)}_{seed}.json"
            if not kept.exists() and (said := run(args.program, command(board, label, args.updates, seed))) is not None:
                kept.write_text(said.splitlines()[-1])
                print(board, label, seed, statistics.mean(json.loads(kept.read_text())["solved"]), flush=True)
                write()
write()
