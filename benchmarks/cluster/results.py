#!/usr/bin/env python3
"""Writes docs/results/cluster.json and the tables of docs/results/cluster.md from what was measured.

    python3 benchmarks/cluster/results.py OVERHEAD.json RECOVERIES.txt [BEFORE.json]

OVERHEAD.json and BEFORE.json (an earlier build) are of overhead.py; the first may be missing. RECOVERIES.txt is of the test of kills
(RL2_KILLS=20 RL2_RECOVERIES=FILE), one number a line.
The tables stand in cluster.md between lines '<!-- NAME -->' and '<!-- end -->'.
"""
import json, pathlib, re, statistics, sys

here = pathlib.Path(__file__).resolve().parent
results = here.parent.parent / "docs" / "results"
measured = pathlib.Path(sys.argv[1])
overheads = json.loads(measured.read_text()) if measured.exists() else []
before = json.loads(pathlib.Path(sys.argv[3]).read_text()) if len(sys.argv) > 3 else []
recoveries = sorted(float(line) for line in pathlib.Path(sys.argv[2]).read_text().split())

AIM = 0.15
rows = [{
    "row": "bits",
    "label": "the bits of one process: 2 and 4 silos on bandits and RLOO, 2 on MDPs, pay-to-look and guessing; with a Redis too",
    "command": "dotnet test tests/RLSquared.Cluster.Tests -c Release",
    "aim": "same bits", "found": "same bits", "reachesAim": True,
}, {
    "row": "kills",
    "label": "worker processes killed by SIGKILL in mid-iteration: same bits, none lost, seconds until the next iteration is over",
    "command": f"RL2_KILLS={len(recoveries)} RL2_RECOVERIES=times.txt dotnet test tests/RLSquared.Cluster.Tests -c Release "
               "--filter Workers_that_are_killed",
    "aim": "20 kills, at most 3 s each", "kills": len(recoveries), "seconds": recoveries,
    "median": statistics.median(recoveries), "highest": recoveries[-1],
    "reachesAim": len(recoveries) >= 20 and recoveries[-1] <= 3,
}]


def overhead(one, suffix=""):
    return {
        "row": f"overhead{suffix}: {one['row']}", "command": one["command"] + ", by benchmarks/cluster/overhead.py", "aim": AIM,
        "trained": [
            {"variant": "one process, two threads", "stepsPerSecond": one["steps_per_second_two_threads"],
             "median": one["median_two_threads"]},
            {"variant": "two processes, one thread each", "stepsPerSecond": one["steps_per_second_two_processes"],
             "median": one["median_two_processes"]},
        ],
        "bytesSentPerIteration": one.get("bytes_sent_per_iteration"),
        "bytesReceivedPerIteration": one.get("bytes_received_per_iteration"),
        "median": one["overhead"], "reachesAim": one["overhead"] <= AIM,
    }


rows += [overhead(one) for one in overheads] + [overhead(one, ", messages of Orleans") for one in before]
if not overheads:
    rows.append({"row": "overhead", "aim": AIM, "found": "not measured on a quiet machine", "reachesAim": False})
(results / "cluster.json").write_text(json.dumps({"version": 1, "table": "cluster", "rows": rows}, indent=1) + "\n")

table = ["| way of a shard | what | one process of two threads | two of one | more time | aim |", "|---|---|---|---|---|---|"]
for way, one in [("message of Orleans, before", one) for one in before] + [("lane", one) for one in overheads]:
    table.append(f"| {way} | {one['row']} | {one['median_two_threads']:,} steps/s | {one['median_two_processes']:,} | "
                 f"{one['overhead']:.0%} | ≤ 15 % |")
if not overheads:
    table.append("| lane | | not measured on a quiet machine | | | ≤ 15 % |")
kills = ["| kills | median | highest | aim |", "|---|---|---|---|",
         f"| {len(recoveries)} | {statistics.median(recoveries):.2f} s | {recoveries[-1]:.2f} s | 20, ≤ 3 s each |"]
page = results / "cluster.md"
text = page.read_text()
for name, lines in {"overhead": table, "kills": kills}.items():
    text = re.sub(f"<!-- {name} -->\n.*?<!-- end -->", f"<!-- {name} -->\n" + "\n".join(lines) + "\n<!-- end -->", text,
                  flags=re.S)
page.write_text(text)
