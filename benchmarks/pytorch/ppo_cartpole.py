#!/usr/bin/env python3
"""The speed opponent of `ppo` on cartpole: the same recipe in PyTorch 1.13 on a CPU, with vectorised environments.

    play     64 environments in lock-step, windows of 64 steps; Gymnasium's CartPole-v1 equations, time limit 500,
             as NumPy arrays over the environments; actions sampled from a softmax policy
    targets  values of the whole window in one piece, rewards divided by the running deviation of discounted returns,
             advantages with gamma 0.99 and lambda 0.95; cut episodes bootstrapped, terminated ones not
    learn    4 epochs of 8 minibatches: clipped ratio (0.2), squared value error (0.5), advantages standardised in each
             minibatch, gradient norm 0.5, Adam 1e-3; policy and value 2 x 64 tanh each; observations normalised

What makes it fast: nothing is kept step by step but observations and actions (log-probabilities and values are found
in one piece afterwards), one argmax samples all actions, Adam works on all tensors at once (foreach), and the number of
threads is the faster of 1 and all. As installed, with one environment, it would be many times slower.

    ppo_cartpole.py                      speed, one JSON object on standard output
    ppo_cartpole.py --task-check 120     trains so many iterations and prints the mean lengths: that it learns
"""
import argparse
import json
import os
import statistics
import sys
import time

for option in ("OMP_WAIT_POLICY",):
    os.environ.setdefault(option, "PASSIVE")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--lanes", type=int, default=64)
p.add_argument("--window", type=int, default=64)
p.add_argument("--epochs", type=int, default=4)
p.add_argument("--minibatches", type=int, default=8)
p.add_argument("--iterations", type=int, default=20, help="timed in each repeat")
p.add_argument("--repeats", type=int, default=3)
p.add_argument("--threads", type=int, default=0, help="0: the faster of 1 and all")
p.add_argument("--seed", type=int, default=1)
p.add_argument("--task-check", type=int, default=0, metavar="ITERATIONS")
args = p.parse_args()
N, T, GAMMA, LAM = args.lanes, args.window, 0.99, 0.95
torch.set_flush_denormal(True)


class CartPole:
    """N poles on carts."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.state = self.rng.uniform(-0.05, 0.05, (4, N))
        self.steps = np.zeros(N, dtype=np.int64)

    def observe(self, out):
        out[:] = self.state.T

    def step(self, right):
        """Moves; returns (terminated, cut) and begins again where either holds."""
        x, speed, angle, turn = self.state
        sine, cosine = np.sin(angle), np.cos(angle)
        f = (np.where(right, 10.0, -10.0) + 0.05 * turn * turn * sine) / 1.1
        turning = (9.8 * sine - cosine * f) / (0.5 * (4.0 / 3 - 0.1 / 1.1 * cosine * cosine))
        pushing = f - 0.05 / 1.1 * turning * cosine
        self.state[0] += 0.02 * speed
        self.state[2] += 0.02 * turn
        self.state[1] += 0.02 * pushing
        self.state[3] += 0.02 * turning
        self.steps += 1
        terminated = (np.abs(self.state[0]) > 2.4) | (np.abs(self.state[2]) > 12 * 2 * np.pi / 360)
        return terminated, ~terminated & (self.steps == 500)

    def begin(self, which):
        count = int(which.sum())
        if count:
            self.state[:, which] = self.rng.uniform(-0.05, 0.05, (4, count))
            self.steps[which] = 0


def network(outputs, gain):
    layers = [nn.Linear(4, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs)]
    for layer, scale in zip(layers[::2], (2 ** 0.5, 2 ** 0.5, gain)):
        nn.init.orthogonal_(layer.weight, scale)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(*layers)


class Moments:
    def __init__(self, shape):
        self.count, self.mean, self.squares = 0, np.zeros(shape), np.zeros(shape)

    def add(self, rows):
        n, mean = len(rows), rows.mean(0)
        delta, total = mean - self.mean, self.count + n
        self.squares += ((rows - mean) ** 2).sum(0) + delta ** 2 * self.count * n / total
        self.mean = self.mean + delta * n / total
        self.count = total

    def deviation(self):
        return np.sqrt(self.squares / max(1, self.count) + 1e-8)


class Learner:
    def __init__(self, seed):
        torch.manual_seed(seed)
        self.policy, self.value = network(2, 0.01), network(1, 1.0)
        self.parameters = [*self.policy.parameters(), *self.value.parameters()]
        self.adam = torch.optim.Adam(self.parameters, lr=1e-3, eps=1e-5, foreach=True)
        self.env = CartPole(seed)
        self.seen, self.returns = Moments(4), Moments(())
        self.mean, self.scale = torch.zeros(4), torch.ones(4)
        self.discounted = np.zeros(N)
        self.lengths = []
        self.observations = np.empty((T + 1, N, 4), dtype=np.float32)
        self.after = np.empty((T, N, 4), dtype=np.float32)  # the next state, at a cut that before the new episode
        self.actions = np.empty((T, N), dtype=np.int64)
        self.terminated, self.cut = np.empty((T, N), dtype=bool), np.empty((T, N), dtype=bool)

    def normal(self, rows):
        return ((rows - self.mean) * self.scale).clamp_(-10, 10)

    def iterate(self, progress):
        self.play()
        observations = torch.from_numpy(self.observations[:T]).reshape(T * N, 4)
        with torch.no_grad():
            rows = self.normal(observations)
            actions = torch.from_numpy(self.actions).reshape(T * N, 1)
            old = F.log_softmax(self.policy(rows), 1).gather(1, actions).squeeze(1)
            values = self.value(rows).view(T, N).numpy()
            after = self.value(self.normal(torch.from_numpy(self.after).reshape(T * N, 4))).view(T, N).numpy()
        rewards = self.scaled()
        ends = self.terminated | self.cut
        follows = np.where(self.terminated, 0, after)
        advantages, advantage = np.empty((T, N), dtype=np.float32), np.zeros(N)
        for t in range(T - 1, -1, -1):
            delta = rewards[t] + GAMMA * follows[t] - values[t]
            advantage = delta + GAMMA * LAM * np.where(ends[t], 0, advantage)
            advantages[t] = advantage
        returns = torch.from_numpy(advantages + values).reshape(T * N)
        self.learn(rows, actions, old, torch.from_numpy(advantages).reshape(T * N), returns, 1e-3 * (1 - progress))
        self.seen.add(self.observations[:T].reshape(T * N, 4).astype(np.float64))
        self.mean = torch.from_numpy(self.seen.mean).float()
        self.scale = torch.from_numpy(1 / self.seen.deviation()).float()

    @torch.no_grad()
    def play(self):
        env, policy = self.env, self.policy
        race = torch.empty(T, N, 2).exponential_().log_()  # argmax(logit - log e) samples the softmax
        env.observe(self.observations[0])
        for t in range(T):
            logits = policy(self.normal(torch.from_numpy(self.observations[t])))
            right = torch.argmax(logits - race[t], 1).numpy()
            self.actions[t] = right
            terminated, cut = env.step(right)
            env.observe(self.after[t])
            self.terminated[t], self.cut[t] = terminated, cut
            ended = terminated | cut
            if ended.any():
                self.lengths.extend(env.steps[ended])
                env.begin(ended)
            env.observe(self.observations[t + 1])

    def scaled(self):
        sums = np.empty((T, N))
        for t in range(T):
            self.discounted = GAMMA * self.discounted + 1
            sums[t] = self.discounted
            self.discounted[self.terminated[t] | self.cut[t]] = 0
        self.returns.add(sums.reshape(-1))
        return np.full((T, N), min(10.0, 1 / float(self.returns.deviation())))

    def learn(self, rows, actions, old, advantages, returns, rate):
        for group in self.adam.param_groups:
            group["lr"] = rate
        for _ in range(args.epochs):
            for some in torch.randperm(T * N).chunk(args.minibatches):
                x, advantage = rows[some], advantages[some]
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                logs = F.log_softmax(self.policy(x), 1)
                ratio = torch.exp(logs.gather(1, actions[some]).squeeze(1) - old[some])
                loss = -torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean() \
                    + 0.5 * F.mse_loss(self.value(x).squeeze(1), returns[some])
                self.adam.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(self.parameters, 0.5)
                self.adam.step()


def rate(threads, iterations):
    torch.set_num_threads(threads)
    learner = Learner(args.seed)
    for _ in range(3):
        learner.iterate(0)
    started = time.perf_counter()
    for _ in range(iterations):
        learner.iterate(0)
    return iterations * N * T / (time.perf_counter() - started)


if args.task_check:
    torch.set_num_threads(args.threads or 1)
    learner = Learner(args.seed)
    for i in range(args.task_check):
        learner.iterate(i / args.task_check)
        if i % 10 == 9 and learner.lengths:
            print(f"iteration {i + 1}: mean length {statistics.mean(learner.lengths):.1f}", flush=True)
            learner.lengths = []
    sys.exit()
count = os.cpu_count()
threads = args.threads or max((1, count), key=lambda n: rate(n, 5))
rates = [rate(threads, args.iterations) for _ in range(args.repeats)]
print(json.dumps({"name": f"ppo/cartpole-N{N}-T{T}", "program": f"PyTorch {torch.__version__}", "threads": threads,
                  "unit": "steps/s", "value": round(statistics.median(rates)), "best": round(max(rates)),
                  "rates": [round(one) for one in rates]}))
