#!/usr/bin/env python3
"""Trains goal-conditioned algorithms on one task and records their success as docs/results/NAME.json and NAME.md.

    rows.py point-maze --budget 5000steps --seeds 1 2 3 --algorithms transitive-rl gcbc … [--set size=large …]

Each training is one `rl2 train … --json`; what it printed is kept below --runs, and a training that is there already is
not repeated. Both files are written anew after each training, so that a stop loses nothing.
"""
import argparse, json, pathlib, statistics, subprocess, time

root = pathlib.Path(__file__).resolve().parent.parent.parent
options = argparse.ArgumentParser()
options.add_argument("task")
options.add_argument("--name")
options.add_argument("--algorithms", nargs="+", required=True, help="names, or name:label:key=value,…")
options.add_argument("--seeds", nargs="+", type=int, default=[1])
options.add_argument("--budget", default="5000steps")
options.add_argument("--instances", type=int, default=250)
options.add_argument("--set", nargs="*", default=[], help="options of the task")
options.add_argument("--published", default="{}", help="JSON: success by algorithm, 0 to 1")
options.add_argument("--note", default="")
options.add_argument("--rl2", default="rl2")
options.add_argument("--threads", default="1")
options.add_argument("--runs", default="runs/rows")
args = options.parse_args()
name, published = args.name or args.task, json.loads(args.published)
runs = pathlib.Path(args.runs)
runs.mkdir(parents=True, exist_ok=True)
trained, tasks = {}, []


def write():
    row = {"row": name, "label": " ".join([args.task, *args.set]), "task": args.task,
           "options": dict(pair.split("=") for pair in args.set), "instances": args.instances, "seed": 0,
           "published": published, "trained": []}
    lines = ["| | seed | all goals | " + " | ".join(tasks) + " | published |", "|" + "---|" * (len(tasks) + 4)]
    for label, (algorithm, seeds) in trained.items():
        means = [seed["mean"] for seed in seeds]
        row["trained"].append({
            "variant": label, "algorithm": algorithm, "preset": "default", "budget": args.budget, "seeds": seeds,
            "median": statistics.median(means), "mean": statistics.mean(means),
            "deviation": statistics.stdev(means) if len(means) > 1 else None})
        for seed in seeds:
            each = " | ".join(f"{100 * share:.0f}" for share in seed["tasks"].values())
            far = f"{100 * published[label]:.0f}" if label in published else ""
            lines.append(f"| `{label}` | {seed['seed']} | {100 * seed['mean']:.1f} | {each} | {far} |")
    (root / f"docs/results/{name}.json").write_text(
        json.dumps({"version": 1, "table": name, "rows": [row]}, indent=2, ensure_ascii=False) + "\n")
    (root / f"docs/results/{name}.md").write_text(
        f"# {name}\n\n{args.note}\n\n" + "\n".join(lines) + f"\n\nData: [`{name}.json`]({name}.json).\n")


for seed in args.seeds:
    for entry in args.algorithms:
        algorithm, label, more = (entry.split(":") + ["", ""])[:3]
        label = label or algorithm
        settings = [*args.set, "probes=0", *(more.split(",") if more else [])]
        command = ["train", args.task, "--algorithm", algorithm, "--set", *settings, "--budget", args.budget,
                   "--seed", str(seed), "--threads", args.threads, "--instances", str(args.instances)]
        kept = runs / f"{name}-{label}-{seed}.json"
        if not kept.exists():
            begun = time.time()
            done = subprocess.run(
                [*args.rl2.split(), *command, "--run", str(runs / f"{name}-{label}-{seed}"), "--force", "--json",
                 "--quiet", "--no-tensorboard"], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{label} {seed}: {done.stderr.strip()}", flush=True)
                continue
            kept.write_text(json.dumps({"seconds": round(time.time() - begun), "said": json.loads(done.stdout)}))
        found = json.loads(kept.read_text())
        said = found["said"].get("evaluation") or found["said"]
        agent = said["agents"][0]
        tasks[:] = list(agent["figures"])
        trained.setdefault(label, (algorithm, []))[1].append({
            "seed": seed, "mean": agent["mean"], "standardError": agent["standardError"],
            "tasks": {task: figure["mean"] for task, figure in agent["figures"].items()},
            "seconds": found["seconds"], "threads": int(args.threads), "command": "rl2 " + " ".join(command)})
        print(f"{label} {seed}: {agent['mean']:.3f}", flush=True)
        write()
