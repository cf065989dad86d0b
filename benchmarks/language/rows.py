#!/usr/bin/env python3
"""Puts measured runs into docs/results/rloo.json, a row for each kind; rows of the same name are replaced.

    python3 benchmarks/language/rows.py family runs.jsonl [docs/results/rloo.json]
    python3 benchmarks/language/rows.py arithmetic NAME AIM RUN RUN RUN [docs/results/rloo.json]

'family' takes the lines of family.cs: the drawn reward in the last tenth of the tokens, a row for each step size.
'arithmetic' takes run folders of `rl2 train arithmetic`, one for each seed, under the variant's name, and their evaluation.json.
"""
import json, math, pathlib, statistics, sys

kind, arguments = sys.argv[1], sys.argv[2:]
path = pathlib.Path(arguments.pop() if arguments[-1].endswith("rloo.json") else "docs/results/rloo.json")
page = json.loads(path.read_text())


def put(row):
    page["rows"] = [one for one in page["rows"] if one["row"] != row["row"]] + [row]


if kind == "family":
    runs = [json.loads(line) for line in pathlib.Path(arguments[0]).read_text().splitlines()]
    for rate in sorted({run.get("rate", 3e-4) for run in runs}):
        of_rate = [run for run in runs if run.get("rate", 3e-4) == rate]
        trained = []
        for name in dict.fromkeys(run["algorithm"] for run in of_rate):
            own = [run for run in of_rate if run["algorithm"] == name]
            ends = [run["curve"][-1] for run in own]
            curves = [[run["curve"][i] for run in own] for i in range(len(own[0]["curve"]))]
            trained.append({
                "variant": name, "seeds": [run["seed"] for run in own], "values": ends,
                "median": statistics.median(ends), "mean": round(statistics.mean(ends), 4),
                "standardError": round(statistics.stdev(ends) / math.sqrt(len(ends)), 4) if len(ends) > 1 else None,
                "began": [run["began"] for run in own], "exact": [run["exact"] for run in own],
                "curve": [round(statistics.mean(one), 3) for one in curves],
                "band": [round(statistics.stdev(one) / math.sqrt(len(one)), 3) if len(one) > 1 else None
                         for one in curves]})
        put({"row": f"family-{rate:g}",
             "label": f"sums from 0 to 19, the same warm start and tokens, step size {rate:g}: drawn reward at the end",
             "tokens": of_rate[0]["tokens"], "trained": trained})
else:
    name, aim, folders = arguments[0], float(arguments[1]), [pathlib.Path(one) for one in arguments[2:]]
    found = []
    for folder in folders:
        run = json.loads((folder / "config.json").read_text())
        agents = json.loads((folder / "evaluation.json").read_text())["agents"]
        last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
        found.append((run["seed"], agents[0], last["steps"]))
    values = [agent["mean"] for _, agent, _ in found]
    row = next(one for one in page["rows"] if one["row"] == "arithmetic")
    row["trained"] = [one for one in row["trained"] if one["variant"] != name] + [{
        "variant": name, "seeds": [seed for seed, _, _ in found], "values": values,
        "standardErrors": [agent["standardError"] for _, agent, _ in found], "tokens": [steps for _, _, steps in found],
        "median": statistics.median(values), "aim": aim, "reachesAim": min(values) >= aim}]
path.write_text(json.dumps(page, indent=2) + "\n")
