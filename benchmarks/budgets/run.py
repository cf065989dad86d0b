#!/usr/bin/env python3
"""Measures what a task takes to learn with default options, for `rl2 list`.

    python3 benchmarks/budgets/run.py RL2 OUT [TASK ...]      trains each task that has no row yet, or those named
    python3 benchmarks/budgets/run.py --write                 writes page and catalogues from docs/results/budgets.json

RL2 is a published rl2, OUT a folder for its runs. Each task is trained once, with seed 1, on one thread, by the algorithm
that learns it; the minutes are processor time, so that other work counts little. Rows are added to docs/results/budgets.json as they come.
"""
import json, pathlib, re, resource, subprocess, sys

root = pathlib.Path(__file__).resolve().parent.parent.parent
results = root / "docs" / "results" / "budgets.json"
catalogue = root / "src" / "RLSquared" / "Tasks" / "TaskCatalogue.cs"

# Short trainings that learn something; what needs hours is left to the page of the task.
budgets = {
    "bandits": "2M", "dependent-bandits": "2M", "gaussian-bandits": "2M", "informative-bandit": "2M", "pay-to-look": "1M",
    "restless-bandit": "5M", "two-step": "3M", "corners": "4M", "point-goals": "4M", "plants": "12M", "mdps": "5M",
    "cartpole": "500k", "mountain-car": "2M", "pendulum": "1M", "acrobot": "1M", "four-rooms": "2M", "grid-mazes": "4M",
    "krazy-world": "4M", "dark-key-to-door": "5M", "t-maze": "2M", "maze-runner": "5M", "rule-worlds": "5M",
    "movement-bandits": "3M", "sparse-course": "2M",
}
instances = {"movement-bandits": 200, "four-rooms": 200, "sparse-course": 100}


def read():
    if results.exists():
        return json.loads(results.read_text())
    return {"version": 1, "table": "budgets", "note": "one seed each, on one thread; minutes are processor time", "rows": []}


def train(rl2, out, task):
    count = instances.get(task, 1000)
    options = ["--budget", budgets[task], "--seed", "1", "--threads", "1"]
    run = str(pathlib.Path(out) / task)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([rl2, "train", task, *options, "--instances", "2", "--quiet", "--force", "--run", run], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    evaluate = ["--agent", "random", "--instances", str(count), "--threads", "1", "--json"]
    found = json.loads(subprocess.run([rl2, "evaluate", run, *evaluate], check=True, capture_output=True).stdout)
    algorithm = json.loads((pathlib.Path(run) / "config.json").read_text())["algorithm"]
    agents = {agent["name"]: agent for agent in found["agents"]}
    return {
        "row": task, "label": task, "task": task, "instances": count,
        "random": agents["random"], "ceiling": found["ceiling"],
        "trained": [{
            "variant": algorithm, "algorithm": algorithm, "preset": "default", "budget": budgets[task],
            "minutes": max(0.1, round(seconds / 60, 1)),
            "seeds": [{
                "seed": 1, "mean": agents[algorithm]["mean"], "standardError": agents[algorithm]["standardError"],
                "steps": found["steps"], "instances": count,
                "command": " ".join(["rl2 train", task, *options]) + ", then "
                    + " ".join(["rl2 evaluate RUN", *evaluate]),
            }],
        }],
    }


def number(agent):
    digits = 2 if abs(agent["mean"]) < 100 else 1
    return f"{agent['mean']:.{digits}f}".replace("-", "−")


def reaches(row):
    trained = row["trained"][0]["seeds"][0]
    others = [f"random {number(row['random'])}"]
    if row["ceiling"]:
        others.append(f"{row['ceiling']['name']} {number(row['ceiling'])}")
    return f"{number(trained)} a trial; {'; '.join(others)}"


def write():
    rows = read()["rows"]
    lines = ["# What default options reach, and when", "",
             "One training of each task with default options and seed 1 on one thread; minutes are processor time. Mean return of a trial",
             "± standard error over fresh trials. `rl2 list` shows these figures. `benchmarks/budgets/run.py` writes this page.",
             "", "| task | algorithm | budget | minutes | trained | random | ceiling |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        trained = row["trained"][0]
        seed = trained["seeds"][0]
        cells = [f"`{row['task']}`", trained["algorithm"], trained["budget"], str(trained["minutes"]),
                 f"{number(seed)} ± {seed['standardError']:.2f}", number(row["random"]),
                 f"{number(row['ceiling'])} ({row['ceiling']['name']})" if row["ceiling"] else ""]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "```", *[row["trained"][0]["seeds"][0]["command"] for row in rows], "```", ""]
    results.with_suffix(".md").write_text("\n".join(lines))
    text = catalogue.read_text()
    for row in rows:
        trained = row["trained"][0]
        new = f'budget: new("{trained["budget"]}", {trained["minutes"]},\n                "{reaches(row)}")'
        entry = re.search(rf'TaskEntry\.Of\("{row["task"]}",.*?\),(?=\n        (?:TaskEntry|\.\.))', text, re.S).group(0)
        bare = re.sub(r',\s*budget: new\((?:[^()"]|"[^"]*")*\)', "", entry)
        made = re.sub(r"(new \w+\(options\))", lambda match: f"{match.group(1)},\n            {new}", bare, count=1)
        text = text.replace(entry, made)
    catalogue.write_text(text)


if sys.argv[1:] == ["--write"]:
    write()
else:
    rl2, out, *named = sys.argv[1:]
    table = read()
    known = {row["row"] for row in table["rows"]}
    for task in named or [task for task in budgets if task not in known]:
        row = train(rl2, out, task)
        table = read()
        table["rows"] = [one for one in table["rows"] if one["row"] != task] + [row]
        table["rows"].sort(key=lambda one: list(budgets).index(one["row"]))
        results.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n")
        print(task, reaches(row), row["trained"][0]["minutes"], "min", flush=True)
