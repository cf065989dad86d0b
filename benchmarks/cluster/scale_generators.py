#!/usr/bin/env python3
"""By simulation: how a pipeline scales to more generators than there are machines here.

    python3 benchmarks/cluster/scale_generators.py RATES.json [ROW.json]

RATES.json is of rates.py: what was measured of a real training with two generators. The trainer makes an update as soon as a batch is
there and it has the time. A generator draws all the time, as long as the lag rule lets it, and fetches the newest weights as soon as
it has the last ones; all fetches share the trainer's link, one after the other, with the blocks that come. The batch, and with it what may be
ahead, grows with the generators beyond eight, for a batch of 64 is less than what 64 generators have in flight.
"""
import collections, json, pathlib, sys

LINKS = {"loopback": 2e9, "10 Gbit/s": 1.15e9, "1 Gbit/s": 0.115e9}
UPDATES = 300
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


if __name__ == "__main__":
    cases = json.loads(pathlib.Path(sys.argv[1]).read_text())
    print("| model | link | generators | B | limit | tokens/s learnt | link in use | age of the weights, updates |")
    print("|---|---|---|---|---|---|---|---|")
    rows = []
    for case in cases:
        for name, link in LINKS.items():
            for workers in WORKERS:
                rate, age, use, limit, batch = simulate(workers, case, link)
                learnt = rate * batch * case["tokensPerSample"]
                print(f"| {case['name']} | {name} | {workers:,} | {batch:,} | {limit} | {learnt:,.0f} | {use:.0%} | {age:.1f} |")
                rows.append({"model": case["name"], "link": name, "generators": workers, "batch": batch, "limit": limit,
                             "tokensPerSecond": round(learnt), "linkInUse": round(use, 3), "meanAge": round(age, 2)})
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(json.dumps(rows, indent=1) + "\n")
