#!/usr/bin/env python3
"""Trains goal-conditioned algorithms on one task and records their success as docs/results/NAME.json and NAME.md.

    rows.py point-maze --row medium-navigate --budget 20000steps --seeds 1 2 3 \\
        --algorithms transitive-rl gcbc transitive-rl:copying:behaviour=10 [--set size=large …] [--aim transitive-rl=0.95]

Each training is one `rl2 train … --json`; what it printed is kept below --runs, and a training that is there already is
not repeated. Both files are written anew from all that is kept after each training: a stop loses nothing, and several
of these programs may run at once. `rows.py point-maze` alone writes them without training.
"""
import argparse, fcntl, json, pathlib, statistics, subprocess, time

root = pathlib.Path(__file__).resolve().parent.parent.parent
options = argparse.ArgumentParser()
options.add_argument("task")
options.add_argument("--name", help="of both files; the task's by default")
options.add_argument("--row", default="all", help="the row of the table: the same task, options and instances")
options.add_argument("--algorithms", nargs="*", default=[], help="names, or name:label:key=value,…[:budget]")
options.add_argument("--seeds", nargs="+", type=int, default=[1])
options.add_argument("--budget", default="5000steps")
options.add_argument("--instances", type=int, default=250)
options.add_argument("--set", nargs="*", default=[], help="options of the task")
options.add_argument("--published", nargs="*", default=[], help="label=percent, as a paper has it")
options.add_argument("--aim", nargs="*", default=[], help="label=percent")
options.add_argument("--rl2", default="rl2")
options.add_argument("--threads", default="1")
options.add_argument("--runs", default="runs/rows")
options.add_argument("--again", nargs="*", metavar="LABEL",
                     help="evaluate what is kept of --row anew, after a change of how agents act alone; all without labels")
args = options.parse_args()
name = args.name or args.task
runs = pathlib.Path(args.runs) / name
runs.mkdir(parents=True, exist_ok=True)


def shares(pairs):
    return {label: float(percent) / 100 for label, percent in (pair.split("=") for pair in pairs)}


def table_row(row, about, kept):
    trained = []
    for label in dict.fromkeys(one["label"] for one in kept):
        those = sorted((one for one in kept if one["label"] == label), key=lambda one: one["seed"])
        seeds = []
        for one in those:
            said = one["said"].get("evaluation") or one["said"]
            agent = next(agent for agent in said["agents"] if agent["name"] == one["algorithm"])
            seeds.append({
                "seed": one["seed"], "trials": said.get("seed"), "mean": agent["mean"], "standardError": agent["standardError"],
                "tasks": {task: figure["mean"] for task, figure in agent["figures"].items()},
                "seconds": one["seconds"], "threads": one["threads"], "command": one["command"]})
        means, aim = [seed["mean"] for seed in seeds], about["aim"].get(label)
        trained.append({
            "variant": label, "algorithm": those[0]["algorithm"], "preset": "default",
            "settings": those[0]["settings"], "budget": those[0]["budget"], "seeds": seeds,
            "median": statistics.median(means), "mean": statistics.mean(means),
            "deviation": statistics.stdev(means) if len(means) > 1 else None,
            "aim": aim, "reachesAim": None if aim is None else statistics.mean(means) >= aim})
    return {"row": row, "label": " ".join([args.task, *about["set"]]), "task": args.task,
            "options": dict(pair.split("=") for pair in about["set"]), "instances": about["instances"], "seed": None,
            "published": about["published"], "trained": trained}


def percent(share, digits=0):
    return "" if share is None else f"{100 * share:.{digits}f}"


def page(rows):
    lines = []
    for row in rows:
        tasks = list(row["trained"][0]["seeds"][0]["tasks"])
        lines += [f"## {row['row']}", "", f"`{row['label']}`, {row['instances']} episodes a seed. Percent of episodes that "
                  "reach the goal: mean over seeds ± standard deviation over seeds, then each seed and each goal.", "",
                  "| | updates | seeds | all goals | each seed | " + " | ".join(tasks) + " | published | aim |",
                  "|" + "---|" * (len(tasks) + 7)]
        for one in row["trained"]:
            each = ", ".join(percent(seed["mean"], 1) for seed in one["seeds"])
            spread = f" ± {percent(one['deviation'], 1)}" if one["deviation"] is not None else ""
            goals = " | ".join(percent(statistics.mean(seed["tasks"][task] for seed in one["seeds"])) for task in tasks)
            aim = "" if one["aim"] is None else f"{percent(one['aim'])}, {'reached' if one['reachesAim'] else 'missed'}"
            lines.append(
                f"| `{one['variant']}` | {one['budget'].removesuffix('steps')} | {len(one['seeds'])} | "
                f"{percent(one['mean'], 1)}{spread} | {each} | {goals} | "
                f"{percent(row['published'].get(one['variant'].removesuffix(', longer')))} | {aim} |")
        if row["published"]:
            lines += ["", "Published: " + ", ".join(
                f"`{label}` {percent(share)}" for label, share in row["published"].items()) + "."]
        lines += ["", "Commands of seed 1, or of the first one:", "", "```"]
        lines += [one["seeds"][0]["command"] for one in row["trained"]] + ["```", ""]
    return lines


def write():
    """Both files from all that is kept, one program at a time."""
    with open(runs / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        rows = []
        for place in sorted(runs.glob("*/about.json")):
            kept = [json.loads(file.read_text()) for file in sorted(place.parent.glob("*-seed*.json"))]
            kept.sort(key=lambda one: one["order"])
            if kept:
                rows.append(table_row(place.parent.name, json.loads(place.read_text()), kept))
        if not rows:
            return
        notes = pathlib.Path(__file__).with_name(f"{name}.md")
        text = notes.read_text().strip() if notes.exists() else ""
        (root / f"docs/results/{name}.json").write_text(
            json.dumps({"version": 1, "table": name, "rows": rows}, indent=2, ensure_ascii=False) + "\n")
        (root / f"docs/results/{name}.md").write_text(
            f"# {name}\n\n{text}\n\n" + "\n".join(page(rows)) + f"\nData: [`{name}.json`]({name}.json).\n")


folder = runs / args.row
if args.again is not None:
    for file in sorted(folder.glob("*-seed*.json")):
        one = json.loads(file.read_text())
        if args.again and one["label"] not in args.again:
            continue
        done = subprocess.run(
            [*args.rl2.split(), "evaluate", str(folder / f"run-{one['label'].replace(' ', '-')}-{one['seed']}"),
             "--seed", str(one["seed"]), "--instances", str(args.instances), "--threads", args.threads, "--json",
             "--quiet"], capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{file.name}: {done.stderr.strip()}", flush=True)
            continue
        one["said"] = json.loads(done.stdout)
        file.write_text(json.dumps(one))
        print(f"{file.name}: {one['said']['agents'][0]['mean']:.3f}", flush=True)
if args.algorithms:
    folder.mkdir(exist_ok=True)
    about = folder / "about.json"
    known = json.loads(about.read_text()) if about.exists() else {"published": {}, "aim": {}}
    known.update(set=args.set, instances=args.instances)
    known["published"].update(shares(args.published))
    known["aim"].update(shares(args.aim))
    about.write_text(json.dumps(known))
for seed in args.seeds:
    for entry in args.algorithms:
        algorithm, label, more, budget = (entry.split(":") + ["", "", ""])[:4]
        label, budget = label or algorithm, budget or args.budget
        settings = [*args.set, "probes=0", *(more.split(",") if more else [])]
        command = ["train", args.task, "--algorithm", algorithm, "--set", *settings, "--budget", budget,
                   "--seed", str(seed), "--threads", args.threads, "--instances", str(args.instances)]
        kept = folder / f"{label.replace(' ', '-')}-seed{seed}.json"
        if not kept.exists():
            begun = time.time()
            done = subprocess.run(
                [*args.rl2.split(), *command, "--run", str(folder / f"run-{label.replace(' ', '-')}-{seed}"), "--force",
                 "--json", "--quiet", "--no-tensorboard"], capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{label} {seed}: {done.stderr.strip()}", flush=True)
                continue
            kept.write_text(json.dumps({
                "label": label, "algorithm": algorithm, "settings": more.replace(",", " "), "budget": budget,
                "seed": seed, "order": begun, "seconds": round(time.time() - begun), "threads": int(args.threads),
                "command": "rl2 " + " ".join(command), "said": json.loads(done.stdout)}))
        said = json.loads(kept.read_text())["said"]
        print(f"{label} {seed}: {(said.get('evaluation') or said)['agents'][0]['mean']:.3f}", flush=True)
        write()
write()
