#!/usr/bin/env python3
"""By simulation: how a pipeline scales to more generators than there are machines here.

    python3 benchmarks/cluster/scale_generators.py RL2 KILLS.json [OUT.json]

KILLS.json is of generators.py: bytes of a group and of the weights, as they were between processes. The rates of a generator and of the
trainer, on one thread each, are those that `rl2 plan` measures here. The trainer makes an update as soon as a batch is there and
it has the time. A generator draws all the time, and fetches the newest weights as soon as it has the last ones; all fetches
share the trainer's link, one after the other, behind the blocks. B, and with it what may be ahead, grows with the generators
beyond eight: a batch of 64 is less than what 64 generators have in flight.
"""
import collections, json, pathlib, subprocess, sys

LINKS = {"loopback": 2e9, "10 Gbit/s": 1.15e9, "1 Gbit/s": 0.115e9}
UPDATES = 300
BATCH, GROUP = 64, 4
TRAINER_THREADS = 16                    # of the machine that trains; assumed, and that its work divides among them
WORKERS = (8, 64, 1024)


def simulate(workers, case, link):
    """Updates a second, the mean age in updates of the weights that generators have, and the share of the link in use."""
    batch = case["batch"] * max(1, workers // 8)
    tokens = batch * case["tokensPerSample"]                            # of an update
    learn = tokens / case["trainerTokensPerSecond"]                     # seconds of the trainer
    make = tokens / (workers * case["generatorTokensPerSecond"])        # seconds of all generators
    arrive = batch * case["bytesPerSample"] / link                      # seconds of the link for the blocks
    fetch = case["bytesOfWeights"] / link
    period = max(learn, make, arrive)
    ages, budget = 0.0, 0.0
    have = [0] * workers                                                # the version that each has
    queue = collections.deque()                                         # those that are fetching, in order
    free = list(range(workers))                                         # those that wait for a newer version
    for version in range(1, UPDATES + 1):
        queue.extend(free)
        free = []
        # Until the next update the link serves those that have asked; a long fetch goes on in the next.
        budget += period - arrive
        while queue and budget >= fetch:
            budget -= fetch
            worker = queue.popleft()
            have[worker] = version
            free.append(worker)
        if not queue:
            budget = 0.0
        ages += sum(version - one for one in have) / workers
    limit = "the trainer" if period == learn else "the generators" if period == make else "the trainer's link, for blocks"
    return 1 / period, ages / UPDATES, min(1, (arrive + workers * fetch) / period), limit, batch


def measured(rl2, task, kills, name):
    plan = json.loads(subprocess.run([rl2, "plan", task, "--threads", "1", "--json"], check=True, capture_output=True,
                                     text=True).stdout)
    step = max(plan["steps"], key=lambda one: one["inFlight"] / one["seconds"])
    return {
        "name": name, "batch": BATCH, "tokensPerSample": plan["meanLength"],
        "generatorTokensPerSecond": step["inFlight"] / step["seconds"],
        "trainerTokensPerSecond": TRAINER_THREADS / plan["trainSecondsPerToken"],
        "bytesPerSample": kills["bytesOfGroup"] / GROUP, "bytesOfWeights": kills["bytesOfWeights"],
    }


if __name__ == "__main__":
    rl2, kills = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())
    small = measured(rl2, "guessing", kills, "")
    small["name"] = "guessing, a trainer of 16 threads"
    fast = {**small, "name": "guessing, a trainer that keeps up", "trainerTokensPerSecond": 1e12}
    cases = [small, fast, {**fast, "name": "100 times the weights, a hundredth of the rates, a trainer that keeps up",
                           "bytesOfWeights": 100 * small["bytesOfWeights"],
                           "generatorTokensPerSecond": small["generatorTokensPerSecond"] / 100}]
    rows = []
    for case in cases:
        for name, link in LINKS.items():
            for workers in WORKERS:
                rate, age, use, limit, batch = simulate(workers, case, link)
                rows.append({"model": case["name"], "link": name, "generators": workers, "batch": batch, "limit": limit,
                             "tokensPerSecond": round(rate * batch * case["tokensPerSample"]), "linkInUse": round(use, 3),
                             "meanAge": round(age, 2)})
                print(rows[-1], flush=True)
    if len(sys.argv) > 3:
        pathlib.Path(sys.argv[3]).write_text(json.dumps({"measured": cases, "rows": rows}, indent=1) + "\n")
