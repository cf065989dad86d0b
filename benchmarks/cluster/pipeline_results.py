#!/usr/bin/env python3
"""Writes what was measured of generators in other processes to docs/results: the rows of pipeline.json, and tables of two pages.

    python3 benchmarks/cluster/pipeline_results.py KILLS.json SCALE.json RUN…

KILLS.json is of generators.py, SCALE.json of scale_generators.py. Each RUN is the folder of
    rl2 train guessing --set mode=free-running --cluster ADDRESS --budget 1500000 --threads 1 --instances 300 --seed SEED
with two workers of one thread. The tables stand between lines '<!-- NAME -->' and '<!-- end -->'.
"""
import json, pathlib, re, statistics, sys

results = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "results"
kills = json.loads(pathlib.Path(sys.argv[1]).read_text())
scale = json.loads(pathlib.Path(sys.argv[2]).read_text()) if len(sys.argv) > 2 else None

seconds = kills["recoverySeconds"]
tables = {"generators": [
    "| kills of generators, a restart of the Redis | groups begun | made, by workers | begun again | learnt from | lost | doubled | "
    "seconds, median and highest |",
    "|---|---|---|---|---|---|---|---|",
    f"| {kills['kills']}, 1 | {kills['groupsBegun']:,} | {kills['groupsMade']:,}, {kills['byWorkers']:,} | "
    f"{kills['groupsBegunAgain']:,} | {kills['groupsLearntFrom']:,} | {kills['lost']} | {kills['doubled']} | "
    f"{statistics.median(seconds):.1f}, {max(seconds):.1f} |",
]}
rows = [kills]
if scale:
    tables["scale"] = [
        "| model | link | generators | B | limit | tokens/s learnt | link in use | age of the weights, updates |",
        "|---|---|---|---|---|---|---|---|",
        *[f"| {one['model']} | {one['link']} | {one['generators']:,} | {one['batch']:,} | {one['limit']} | "
          f"{one['tokensPerSecond']:,} | {one['linkInUse']:.0%} | {one['meanAge']:.1f} |"
          for one in scale["rows"] if one["trainer"] == "keeps up"],
    ]
    tables["rates"] = [
        "| model | a sample of 256 tokens | weights of a version | a generator | a trainer |", "|---|---|---|---|---|",
        *[f"| {one['name']} | {one['bytesPerSample']:,.0f} bytes | {one['bytesOfWeights'] / 1e6:.1f} MB | "
          f"{one['generatorTokensPerSecond']:,.4g} tokens/s | {one['trainerTokensPerSecond']:,.4g} tokens/s |"
          for one in scale["measured"] if one["trainer"] != "keeps up"],
    ]
    rows.append({"row": "generators, on paper", "label": "8, 64 and 1,024 generators, simulated with measured sizes and rates",
                 "command": "python3 benchmarks/cluster/scale_generators.py KILLS.json", **scale})
runs = [pathlib.Path(one) for one in sys.argv[3:]]
if runs:
    told = [json.loads((run / "config.json").read_text()) for run in runs]
    found = [json.loads((run / "evaluation.json").read_text()) for run in runs]
    ends = [json.loads((run / "cluster.json").read_text()) for run in runs]
    last = [json.loads((run / "metrics.jsonl").read_text().splitlines()[-1]) for run in runs]
    values = [round(one["agents"][0]["mean"], 4) for one in found]
    errors = [round(one["agents"][0]["standardError"], 4) for one in found]
    shares = [round(1 - end["shardsHere"] / end["pipeline"]["delivered"], 3) for end in ends]
    rows.append({
        "row": "guessing, generators elsewhere", "label": "guessing with two generators in other processes",
        "command": "rl2 train guessing --set mode=free-running --cluster ADDRESS --budget 1500000 --threads 1 --instances 300 "
                   "--seed SEED; rl2 cluster join ADDRESS --threads 1, twice",
        "trained": [{
            "variant": "pipeline-rl, free-running, two workers", "seeds": [one["seed"] for one in told], "values": values,
            "standardErrors": errors, "instances": found[0]["instances"], "tokens": [one["steps"] for one in found],
            "trainingSeconds": [round(one["seconds"], 1) for one in last], "shareOfWorkers": shares,
            "median": statistics.median(values), "aim": 0.57, "reachesAim": statistics.median(values) >= 0.57,
        }],
    })
    tables["elsewhere"] = [
        "| seed | result of 0.604 (greedy, 300 numbers) | seconds | groups that workers made |", "|---|---|---|---|",
        *[f"| {one['seed']} | {value:.3f} ± {error:.3f} | {end['seconds']:.0f} | {share:.0%} |"
          for one, value, error, end, share in zip(told, values, errors, last, shares)],
    ]
page = results / "pipeline.json"
whole = json.loads(page.read_text())
names = [one["row"] for one in rows]
whole["rows"] = [one for one in whole["rows"] if one["row"] not in names] + rows
page.write_text(json.dumps(whole, indent=2) + "\n")
for name in ("pipeline.md", "cluster.md"):
    text = (results / name).read_text()
    for mark, lines in tables.items():
        text = re.sub(f"<!-- {mark} -->\n.*?<!-- end -->", lambda _: f"<!-- {mark} -->\n" + "\n".join(lines) + "\n<!-- end -->", text,
                      flags=re.S)
    (results / name).write_text(text)
