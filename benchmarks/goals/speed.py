#!/usr/bin/env python3
"""Updates per second of the released recipe of Transitive RL, ours and PyTorch's in turns, as
docs/results/transitive-speed.json and .md.

    python3 benchmarks/goals/speed.py [ROUNDS]

Builds what it runs. The interpreter that has torch is named by TORCH_PYTHON (/usr/bin/python3 if not). Each program runs
with one thread and with all; a rate is the median over the rounds of each round's median; nothing else should run
meanwhile.
"""
import json, os, pathlib, statistics, subprocess, sys

root = pathlib.Path(__file__).resolve().parent.parent.parent
rounds, cores = int(sys.argv[1]) if len(sys.argv) > 1 else 3, os.cpu_count()
torch = os.environ.get("TORCH_PYTHON", "/usr/bin/python3")
project = root / "benchmarks/RLSquared.Benchmarks"
program = project / "bin/Release/net10.0/RLSquared.Benchmarks.dll"
aim = 1.5


def rate(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed: {done.stderr.strip()[-500:]}")
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return found[0]["program"], statistics.median(one["updatesPerSecond"] for one in found)


subprocess.run(["dotnet", "build", str(project), "-c", "Release", "-v", "q", "--nologo"], check=True)
rows, lines = [], []
for threads in sorted({1, cores}):
    ours, theirs, name = [], [], ""
    for _ in range(rounds):
        ours.append(rate("dotnet", program, "updates", threads, 3)[1])
        name, found = rate(torch, root / "benchmarks/pytorch/transitive_rl.py", "--threads", threads)
        theirs.append(found)
    mine, other = statistics.median(ours), statistics.median(theirs)
    ratio = mine / other
    rows.append({"row": f"{threads}-threads", "label": f"two critics and a policy of 3 x 512, 1,024 rows, {threads} threads",
                 "trained": [
                     {"variant": "rlsquared", "seeds": ours, "median": mine, "unit": "updates/s"},
                     {"variant": name, "seeds": theirs, "median": other, "unit": "updates/s"},
                     {"variant": "ratio", "median": round(ratio, 2), "aim": aim, "reachesAim": ratio >= aim}]})
    each = " | ".join(f"{middle:.2f} ({min(all_):.2f} to {max(all_):.2f})" for middle, all_ in ((mine, ours), (other, theirs)))
    lines.append(f"| {threads} | {each} | {ratio:.2f} | {aim}: {'reached' if ratio >= aim else 'missed'} | "
                 f"{1e6 / mine / 3600:.0f} |")
    print(lines[-1], flush=True)
flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
vectors = "avx512" if "avx512f" in flags else "avx2" if "avx2" in flags else "other"
processor = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
results = root / "docs/results"
(results / "transitive-speed.json").write_text(json.dumps(
    {"version": 1, "table": "transitive-speed", "threads": cores, "processor": processor, "vectors": vectors,
     "rows": rows}, indent=2) + "\n")
(results / "transitive-speed.md").write_text("\n".join([
    "# Speed of Transitive RL", "",
    f"The released recipe on data of the medium point maze: two critics and a policy of 3 × 512 units, 1,024 rows an update. {cores} cores "
    f"({processor}, {vectors}), nothing else running, both sides in turns, {rounds} rounds: the median, and the least and the most.",
    "PyTorch is Debian's (`benchmarks/pytorch/transitive_rl.py`: targets without a graph, Adam on all tensors at once).", "",
    "```", f"python3 benchmarks/goals/speed.py {rounds}", "```", "",
    "| threads | RLSquared, updates/s | PyTorch, updates/s | ratio | aim | hours for 1 M updates |", "|---|---|---|---|---|---|",
    *lines, "", "Data: [`transitive-speed.json`](transitive-speed.json).", ""]))
