#!/usr/bin/env python3
"""On paper: how an iteration of RL² scales to more workers than there are machines here.

    python3 benchmarks/cluster/scale.py

A minibatch costs, one after the other where the training process is the only one that can do it:
    encode the weights                  W / copy
    send them to each worker            workers · W / link
    compute the slowest share           ceil(shards / processes) · shard
    receive a gradient for each shard   remote shards · G / link
    add the gradients, take the step    shards · G / add
The numbers are the constants below; docs/results/cluster.md says where they come from. A minibatch grows with the shards.
"""
import math

WEIGHTS = 1.66e6        # bytes of weights and of a gradient: two GRU-256 on bandits, computed
SHARD_SECONDS = 0.039   # one thread, forward and backward of 32 trials of 100 steps: from docs/results/speed.md
COPY = 5e9              # bytes per second of encoding and decoding, each side: assumed
ADD = 4e9               # bytes per second of adding gradients: assumed
LINKS = {"loopback": 2e9, "10 Gbit/s": 1.15e9, "1 Gbit/s": 0.115e9}


def minibatch(processes, shards, link):
    workers = processes - 1
    share = math.ceil(shards / processes)
    remote = shards - share
    compute = share * SHARD_SECONDS
    transfer = (workers + remote) * WEIGHTS / link
    fixed = 2 * WEIGHTS / COPY + remote * WEIGHTS / COPY + shards * WEIGHTS / ADD
    return compute, transfer, fixed


if __name__ == "__main__":
    print("| link | processes | shards | compute | transfer | copy and add | speed-up | limit |")
    print("|---|---|---|---|---|---|---|---|")
    for name, link in LINKS.items():
        for processes in (2, 8, 64, 1024):
            shards = max(4, processes)
            compute, transfer, fixed = minibatch(processes, shards, link)
            whole = compute + transfer + fixed
            alone = shards * SHARD_SECONDS
            limit = "compute" if compute > transfer + fixed else "the training's link" if transfer > fixed else "adding"
            print(f"| {name} | {processes} | {shards} | {compute * 1e3:.0f} ms | {transfer * 1e3:.0f} ms | "
                  f"{fixed * 1e3:.0f} ms | {alone / whole:.1f} × | {limit} |")
