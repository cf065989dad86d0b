#!/usr/bin/env python3
"""The speed opponent of `transitive-rl --preset paper`: the released recipe on point-maze data in PyTorch 1.13 on a CPU.

    networks  two critics of 3 x 512 (GELU in its tanh form, then LayerNorm), their targets, a policy of the same size
    update    1,024 rows: anchors, geometric goals, uniform subgoals; targets as products of two halves, exact where a half
              is one step; BCE with kappa 0.7 and lambda 0.7; rpg policy with alpha 10; one Adam, 3e-4; targets by 0.005

What makes it fast: rows are drawn as arrays, targets are found without a graph, Adam and the targets' step work on all
tensors at once (foreach), and the critics get no gradients of the policy's loss.

    transitive_rl.py [--threads 2]     speed, one JSON object a round on standard output
    transitive_rl.py --task-check 500  trains a small one on straight ways and prints learned steps beside the true ones
"""
import argparse
import json
import math
import os
import statistics
import time

for option in ("OMP_WAIT_POLICY",):
    os.environ.setdefault(option, "PASSIVE")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--hidden", type=int, default=512)
p.add_argument("--layers", type=int, default=3)
p.add_argument("--batch", type=int, default=1024)
p.add_argument("--updates", type=int, default=10, help="timed in each round")
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--threads", type=int, default=os.cpu_count())
p.add_argument("--seed", type=int, default=1)
p.add_argument("--task-check", type=int, default=0, metavar="UPDATES")
args = p.parse_args()
GAMMA, KAPPA, LAMBDA, ALPHA, TAU = 0.99, 0.7, 0.7, 10.0, 0.005
LENGTH = 1001
torch.set_num_threads(args.threads)
torch.set_flush_denormal(True)
torch.manual_seed(args.seed)
random = np.random.default_rng(args.seed)


class Gelu(nn.Module):
    """The tanh form, as in JAX."""

    def forward(self, x):
        return F.gelu(x, approximate="tanh")


def network(inputs, outputs, gain=1.0):
    layers, width = [], inputs
    for _ in range(args.layers):
        layers += [nn.Linear(width, args.hidden), Gelu(), nn.LayerNorm(args.hidden)]
        width = args.hidden
    layers.append(nn.Linear(width, outputs))
    for layer in layers:
        if isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight, gain if layer is layers[-1] else 1)
            nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


critics = nn.ModuleList([network(6, 1) for _ in range(2)])
targets = nn.ModuleList([network(6, 1) for _ in range(2)])
targets.load_state_dict(critics.state_dict())
actor = network(4, 2, 0.01)
online, following = list(critics.parameters()), list(targets.parameters())
adam = torch.optim.Adam([*online, *actor.parameters()], lr=3e-4, foreach=True)


def data(count):
    """Trajectories of a disc that makes for one place after the other: observations [n, 2] and actions [n, 2]."""
    observations = np.empty((count, LENGTH, 2), dtype=np.float32)
    actions = np.empty((count, LENGTH, 2), dtype=np.float32)
    place, goal = random.uniform(0, 20, (count, 2)), random.uniform(0, 20, (count, 2))
    for t in range(LENGTH):
        there = np.linalg.norm(goal - place, axis=1) < 0.5
        goal[there] = random.uniform(0, 20, (there.sum(), 2))
        way = goal - place
        way /= np.linalg.norm(way, axis=1, keepdims=True) + 1e-6
        act = way if args.task_check else np.clip(way + random.normal(0, 0.5, way.shape), -1, 1)
        observations[:, t], actions[:, t] = place, act
        place = place + 0.2 * act
    return torch.from_numpy(observations.reshape(-1, 2)), torch.from_numpy(actions.reshape(-1, 2))


observations, actions = data(100)


def draw(B):
    t = random.integers(0, LENGTH - 1, B)
    row = random.integers(0, len(observations) // LENGTH, B) * LENGTH
    steps = np.minimum(random.geometric(1 - GAMMA, B), LENGTH - 1 - t)
    subgoal = random.integers(0, steps)
    later = random.integers(0, LENGTH - 1 - t) + 1
    return row + t, row + t + steps, row + t + subgoal, row + t + later, steps, subgoal


def half(net, known, steps, question):
    guess = torch.sigmoid(net(question))
    return torch.where(known, GAMMA ** steps, guess)


def update():
    i, j, k, far, steps, subgoal = draw(args.batch)
    state, goal, place = observations[i], observations[j], observations[k]
    action, there = actions[i], actions[k]
    left = torch.from_numpy(subgoal).float().unsqueeze(1)
    right = torch.from_numpy(steps - subgoal).float().unsqueeze(1)
    question = torch.cat((state, goal, action), 1)
    with torch.no_grad():
        first, second = torch.cat((state, place, action), 1), torch.cat((place, goal, there), 1)
        y = [half(net, left <= 1, left, first) * half(net, right <= 1, right, second) for net in targets]
    loss = 0
    for net, target in zip(critics, y):
        logits = net(question)
        with torch.no_grad():
            weight = torch.where(target >= torch.sigmoid(logits), KAPPA, 1 - KAPPA)
            weight = weight * (1 + target.log() / math.log(GAMMA)) ** -LAMBDA
        loss = loss + F.binary_cross_entropy_with_logits(logits, target, weight)
    goal = observations[far]
    mean = actor(torch.cat((state, goal), 1))
    question = torch.cat((state, goal, mean.clamp(-1, 1)), 1)
    for parameter in online:
        parameter.requires_grad_(False)
    q = torch.sigmoid(torch.minimum(critics[0](question), critics[1](question)))
    for parameter in online:
        parameter.requires_grad_(True)
    near = (-0.5 * (mean - action).square().sum(1) - math.log(2 * math.pi)).mean()
    loss = loss - q.mean() / (q.detach().abs().mean() + 1e-6) - ALPHA * near
    adam.zero_grad(set_to_none=True)
    loss.backward()
    adam.step()
    with torch.no_grad():
        torch._foreach_mul_(following, 1 - TAU)
        torch._foreach_add_(following, online, alpha=TAU)


if args.task_check:
    for _ in range(args.task_check):
        update()
    for steps in (5, 10, 20, 40):
        i = random.integers(0, LENGTH - 41, 2000) + LENGTH * random.integers(0, 100, 2000)
        with torch.no_grad():
            q = torch.sigmoid(critics[0](torch.cat((observations[i], observations[i + steps], actions[i]), 1)))
        print(f"{steps} steps: {(q.log() / math.log(GAMMA)).median():.1f} learned")
    raise SystemExit
for _ in range(3):
    update()
rates = []
for _ in range(args.rounds):
    started = time.perf_counter()
    for _ in range(args.updates):
        update()
    rates.append(args.updates / (time.perf_counter() - started))
    print(json.dumps({"program": f"PyTorch {torch.__version__}", "threads": args.threads,
                      "updatesPerSecond": round(rates[-1], 3)}), flush=True)
