#!/usr/bin/env python3
"""Processor time of an iteration, thread by thread: one process of two threads, or two of one. It can be told on a busy machine too.

    python3 benchmarks/cluster/cpu.py ITERATIONS 'TASK OPTIONS' RL2:one RL2:two …

Linux only. For each RL2 a line of JSON: milliseconds of wall and of the threads that took 0.2 ms or more, by process. Threads named
'.NET Tiered Com' compile code, in the first minutes of a process above all.
"""
import json, os, pathlib, subprocess, sys, tempfile, time

iterations, setup = int(sys.argv[1]), sys.argv[2].split()
port = 24000 + os.getpid() % 4000


def threads(process):
    used = {}
    for thread in pathlib.Path(f"/proc/{process}/task").iterdir():
        try:
            used[thread.name + " " + (thread / "comm").read_text().strip()] = \
                int((thread / "schedstat").read_text().split()[0]) / 1e6
        except OSError:
            pass                                # it has just ended
    return used


def logged(folder):
    file = folder / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")] if file.exists() else []


def status(rl2, address):
    asked = subprocess.run([rl2, "cluster", "status", address, "--json"], capture_output=True, text=True)
    return json.loads(asked.stdout) if asked.returncode == 0 else {"workers": []}


def wait(holds):
    while not holds():
        time.sleep(0.05)


def measure(rl2, is_shared):
    global port
    port += 1
    address = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "run"
        command = [rl2, "train", *setup, "--threads", "1" if is_shared else "2", "--budget", "10min", "--run", str(folder),
                   "--no-tensorboard", "--checkpoint-every", "1h", "--quiet"]
        if is_shared:
            command += ["--cluster", address]
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL)]
        if is_shared:
            running.append(subprocess.Popen([rl2, "cluster", "join", address, "--name", "b", "--threads", "1", "--quiet"]))
            wait(lambda: any(worker["shards"] > 40 for worker in status(rl2, address)["workers"]))
        wait(lambda: len(logged(folder)) >= 3)
        first = logged(folder)[-1]["iteration"] + 1
        wait(lambda: logged(folder)[-1]["iteration"] >= first)
        before, start = [threads(one.pid) for one in running], time.time()
        first = logged(folder)[-1]["iteration"]
        wait(lambda: logged(folder)[-1]["iteration"] >= first + iterations)
        count = logged(folder)[-1]["iteration"] - first
        after, seconds = [threads(one.pid) for one in running], time.time() - start
        for one in running:
            one.kill()
            one.wait()
    by_process = [{name: round((later[name] - earlier.get(name, 0)) / count, 2) for name in later
                   if (later[name] - earlier.get(name, 0)) / count >= 0.2} for earlier, later in zip(before, after)]
    return {"wall": round(seconds / count * 1e3, 1), "threads": by_process}


for name in sys.argv[3:]:
    rl2, kind = name.rsplit(":", 1)
    print(json.dumps({"rl2": kind, "setup": " ".join(setup), "iterations": iterations, **measure(rl2, kind == "two")}), flush=True)
