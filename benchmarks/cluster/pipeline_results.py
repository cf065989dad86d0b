#!/usr/bin/env python3
"""Writes what was measured of generators in other processes to docs/results: the rows of pipeline.json, and tables of two pages.

    python3 benchmarks/cluster/pipeline_results.py KILLS.json [SCALE.json]

KILLS.json is of generators.py, SCALE.json of scale_generators.py. The tables stand between lines '<!-- NAME -->' and '<!-- end -->'.
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
