#!/usr/bin/env python3
"""Puts measured runs into a page of results; what has the same name there is replaced.

    python3 benchmarks/language/rows.py family runs.jsonl docs/results/rloo.json
    python3 benchmarks/language/rows.py runs ROW VARIANT AIM RUN RUN RUN docs/results/rloo.json

'family' takes the lines of family.cs: the drawn reward in the last tenth of the tokens, a row for each step size.
'runs' takes run folders of `rl2 train`, one for each seed: what their evaluation.json says of the first agent.
"""
import json, math, pathlib, statistics, sys

kind, arguments = sys.argv[1], sys.argv[2:]
path = pathlib.Path(arguments.pop())
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
    name, variant, aim, folders = arguments[0], arguments[1], float(arguments[2]), arguments[3:]
    found = []
    for folder in map(pathlib.Path, folders):
        run = json.loads((folder / "config.json").read_text())
        evaluation = json.loads((folder / "evaluation.json").read_text())
        last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
        found.append((run["seed"], evaluation["agents"][0], evaluation["instances"], last["steps"], last["seconds"]))
    values = [round(agent["mean"], 4) for _, agent, _, _, _ in found]
    row = next((one for one in page["rows"] if one["row"] == name), None)
    if row is None:
        row = {"row": name, "label": name, "trained": []}
        page["rows"].append(row)
    row["trained"] = [one for one in row["trained"] if one["variant"] != variant] + [{
        "variant": variant, "seeds": [seed for seed, *_ in found], "values": values,
        "standardErrors": [round(agent["standardError"], 4) for _, agent, *_ in found],
        "instances": found[0][2], "tokens": [one[3] for one in found],
        "trainingSeconds": [round(one[4], 1) for one in found],
        "median": statistics.median(values), "aim": aim, "reachesAim": min(values) >= aim}]
path.write_text(json.dumps(page, indent=2) + "\n")
