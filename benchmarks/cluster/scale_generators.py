#!/usr/bin/env python3
"""By simulation: how a pipeline scales to more generators than there are machines here.

    python3 benchmarks/cluster/scale_generators.py KILLS.json [OUT.json]

KILLS.json is of generators.py: bytes of a token of a group, as they were between processes. The rates of generating and training are
those of docs/results/language-speed.json, of a machine with two threads. The trainer makes an update as soon as a batch is
there and it has the time. A generator draws all the time, and fetches the newest weights as soon as it has the last ones; all
fetches share the trainer's link, one after the other, behind the blocks. B, and with it what may be ahead, grows with the generators
beyond eight: a batch of 64 is less than what 64 generators have in flight.
"""
import collections, json, pathlib, sys

LINKS = {"loopback": 2e9, "10 Gbit/s": 1.15e9, "1 Gbit/s": 0.115e9}
UPDATES = 300
BATCH, TOKENS = 64, 256                 # samples of an update, tokens of a sample; assumed
SMALL_WEIGHTS = 4 * 4_327_680           # bytes: the model of language-speed.json, 32 bits a number
ADAPTER = 4 * 8_798_208                 # bytes: rank 16 on all seven projections of Qwen2.5-0.5B's 24 layers
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


def cases(kills):
    speeds = {one["row"]: one["trained"][0]["median"] for one in json.loads(
        (pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "results" / "language-speed.json").read_text())["rows"]}
    sample = TOKENS * kills["bytesOfGroup"] / kills["tokensOfGroup"]
    small = {"name": "4 layers, D 256", "batch": BATCH, "tokensPerSample": TOKENS, "bytesPerSample": sample,
             "bytesOfWeights": SMALL_WEIGHTS, "generatorTokensPerSecond": speeds["generate"],
             "trainerTokensPerSecond": speeds["train"]}
    large = {**small, "name": "0.5 B, adapter of rank 16 alone", "bytesOfWeights": ADAPTER,
             "generatorTokensPerSecond": speeds["0.5b-generate"], "trainerTokensPerSecond": speeds["0.5b-lora"]}
    for one in (small, large):
        yield {**one, "trainer": "one such machine"}
        yield {**one, "trainer": "keeps up", "trainerTokensPerSecond": 1e12}


if __name__ == "__main__":
    kills = json.loads(pathlib.Path(sys.argv[1]).read_text())
    rows = []
    for case in cases(kills):
        for name, link in LINKS.items():
            for workers in WORKERS:
                rate, age, use, limit, batch = simulate(workers, case, link)
                rows.append({"model": case["name"], "trainer": case["trainer"], "link": name, "generators": workers,
                             "batch": batch, "limit": limit, "tokensPerSecond": round(rate * batch * case["tokensPerSample"]),
                             "linkInUse": round(use, 3), "meanAge": round(age, 2)})
                print(rows[-1], flush=True)
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(json.dumps({"measured": list(cases(kills)), "rows": rows}, indent=1) + "\n")
