#!/usr/bin/env python3
"""Kills generators of a real training at random moments, and the broker once, and accounts for every group.

    python3 benchmarks/cluster/generators.py RL2 [KILLS] [OUT.json]

Two generators (rl2 cluster join) help `rl2 train guessing --set mode=free-running`, which they find in a Redis. KILLS times (20 if not
given) one of them gets SIGKILL, between 0.5 and 2.5 seconds after both have made groups, and another takes its place. At half of
them the Redis is killed and started again. Then the account: what the training's cluster.json says of its groups, against the updates
that metrics.jsonl has.
"""
import json, os, pathlib, random, re, signal, socket, subprocess, sys, tempfile, threading, time

rl2, kills = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20
out = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
LIMIT = 180                                             # seconds: no wait is longer
BATCH, GROUP = 64, 4
random.seed(1)
folder = pathlib.Path(tempfile.mkdtemp(prefix="rl2-generators-"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


port = free_port()
address = f"redis://127.0.0.1:{port}/kills"


def redis():
    return subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "yes",
                             "--dir", str(folder)], stdout=subprocess.DEVNULL)


def worker(name):
    return subprocess.Popen([rl2, "cluster", "join", address, "--name", name, "--threads", "1", "--quiet"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def status():
    try:
        return json.loads((folder / "run" / "cluster.json").read_text())
    except (OSError, ValueError):
        return None


def wait(what, holds):
    start = time.monotonic()
    while not (found := holds()):
        if time.monotonic() - start > LIMIT:
            sys.exit(f"{what} did not come within {LIMIT} s\n" + "\n".join(text for _, text in said[-20:]))
        time.sleep(0.02)
    return time.monotonic() - start


def makes(name):
    return any(one["name"] == name and one["shards"] > 0 for one in (status() or {"workers": []})["workers"])


broker = redis()
time.sleep(0.5)
command = [rl2, "train", "guessing", "--set", "mode=free-running", f"batch={BATCH}", f"group-size={GROUP}", "warm-start=20000",
           "--cluster", address, "--threads", "1", "--budget", "60min", "--run", str(folder / "run"), "--seed", "1"]
training = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
said = []
threading.Thread(target=lambda: said.extend((time.monotonic(), line.strip()) for line in training.stderr), daemon=True).start()
living, recoveries, waits = {}, [], []
try:
    for name in ("a0", "b0"):
        living[name] = worker(name)
    for kill in range(kills):
        waits.append(wait("a group of each generator", lambda: all(makes(name) for name in living)))
        if kill == kills // 2:
            broker.kill()
            broker.wait()
            time.sleep(1)
            broker = redis()
        time.sleep(random.uniform(0.5, 2.5))
        victim = random.choice(sorted(living))
        process = living.pop(victim)
        begun = status()["pipeline"]["begun"]
        start = time.monotonic()
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Whatever it had is learnt from, made by others.
        wait("what a killed generator had", lambda: status()["pipeline"]["taken"] >= begun)
        recoveries.append(time.monotonic() - start)
        name = f"{victim[0]}{kill + 1}"
        living[name] = worker(name)
    waits.append(wait("a group of each generator", lambda: all(makes(name) for name in living)))
    wait("the last loss", lambda: status()["lost"] >= kills)
finally:
    training.send_signal(signal.SIGINT)
    training.wait(LIMIT)
    for process in [*living.values(), broker]:
        process.kill()
        process.wait()

end = status()
counts = end["pipeline"]
figures = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
updates = [one for one in figures if "dropped" in one]
learnt = len(updates) * BATCH // GROUP + int(updates[-1]["dropped"])
tokens = round((updates[-1]["num_tokens"] - updates[0]["num_tokens"]) / (len(updates) - 1) / (BATCH / GROUP), 1)   # with prompts
row = {
    "row": "generators killed",
    "label": f"{kills} generators killed by SIGKILL at random moments of a training of guessing, and the Redis once: groups lost or doubled",
    "command": f"python3 benchmarks/cluster/generators.py rl2 {kills}",
    "kills": kills, "workersLost": end["lost"], "groupsBegun": counts["begun"], "groupsMade": counts["delivered"],
    "groupsLearntFrom": counts["taken"], "groupsOfUpdates": learnt, "groupsBegunAgain": counts["restarted"],
    "groupsRefused": counts["refused"], "lost": counts["begun"] - counts["delivered"] - counts["held"] - counts["waiting"],
    "doubled": learnt - counts["taken"], "byWorkers": counts["delivered"] - end["shardsHere"],
    "recoverySeconds": sorted(round(one, 2) for one in recoveries), "longestWait": round(max(waits + recoveries), 2),
    "bytesOfWeights": counts["weightBytes"], "tokensOfGroup": tokens, "bytesOfGroup": round(end["bytesReceived"] / max(1, counts["delivered"] - end["shardsHere"])),
    "bytesToWorkers": end["bytesSent"], "bytesFromWorkers": end["bytesReceived"],
    "aim": 0, "reachesAim": counts["begun"] == counts["delivered"] + counts["held"] + counts["waiting"] and learnt == counts["taken"],
}
print(json.dumps(row, indent=1))
if out:
    out.write_text(json.dumps(row, indent=1) + "\n")
