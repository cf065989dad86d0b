#!/usr/bin/env python3
"""What a cluster costs: one process of two threads against two processes of one thread, in turns.

    python3 benchmarks/cluster/overhead.py RL2 ROUNDS SECONDS OUT.json [PART OF A NAME]

RL2 is the built command (src/RLSquared.Cli/bin/Release/net10.0/rl2). A rate is that of the last half of a training, so that
starting and joining do not count. Beside the rates, the bytes that went over the wire for each iteration.
"""
import json, pathlib, statistics, subprocess, sys, tempfile, time

rl2, rounds, seconds, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
setups = {
    "bandits, defaults": ["bandits"],
    "bandits k5 n100, GRU-256, the paper's minibatches": [
        "bandits", "--preset", "paper", "--set", "pulls=100", "trials=128", "hidden=256", "max-kl=0", "weight-norm=false",
        "relu=false", "learning-rate-schedule=constant"],
    "mdps n10, defaults": ["mdps"],
}
port = 21500


def rate(folder):
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    last = lines[-1]
    if len(lines) < 3:
        raise SystemExit(f"only {len(lines)} iterations were logged in {seconds} seconds; give more")
    first = next(line for line in lines if line["seconds"] >= last["seconds"] / 2)
    if first is last:
        first = lines[-2]
    return ((last["steps"] - first["steps"]) / (last["seconds"] - first["seconds"]),
            (last["steps"] / last["iteration"]), last["iteration"])


def train(setup, threads, cluster):
    global port
    port += 1
    address = f"127.0.0.1:{port}"
    status = None
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "run"
        command = [rl2, "train", *setup, "--threads", str(threads), "--budget", f"{seconds}s", "--run", str(folder),
                   "--instances", "2", "--no-tensorboard", "--checkpoint-every", "1h"]
        if not cluster:
            subprocess.run(command, check=True, capture_output=True)
        else:
            worker = subprocess.Popen([rl2, "cluster", "join", address, "--name", "b", "--threads", "1", "--quiet"])
            training = subprocess.Popen([*command, "--cluster", address], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
            time.sleep(seconds * 0.8)
            asked = subprocess.run([rl2, "cluster", "status", address, "--json"], capture_output=True, text=True)
            status = json.loads(asked.stdout) if asked.returncode == 0 else None
            training.wait()
            worker.terminate()
            worker.wait()
        return (*rate(folder), status)


results = []
for name, setup in setups.items():
    if len(sys.argv) > 5 and sys.argv[5] not in name:
        continue
    alone, shared, status, per_iteration = [], [], None, 0
    for _ in range(rounds):
        alone.append(train(setup, 2, cluster=False)[0])
        speed, per_iteration, _, status = train(setup, 1, cluster=True)
        shared.append(speed)
    row = {
        "row": name, "command": "rl2 train " + " ".join(setup),
        "steps_per_second_two_threads": [round(one) for one in alone],
        "steps_per_second_two_processes": [round(one) for one in shared],
        "median_two_threads": round(statistics.median(alone)),
        "median_two_processes": round(statistics.median(shared)),
        "overhead": round(statistics.median(alone) / statistics.median(shared) - 1, 3),
        "steps_per_iteration": per_iteration, "status": status,
    }
    if status and status["steps"]:
        iterations = status["steps"] / per_iteration
        row["bytes_sent_per_iteration"] = round(status["bytesSent"] / iterations)
        row["bytes_received_per_iteration"] = round(status["bytesReceived"] / iterations)
    results.append(row)
    print(json.dumps(row), flush=True)
pathlib.Path(out).write_text(json.dumps(results, indent=1) + "\n")
