#!/usr/bin/env python3
"""The speed opponent of `maml`: one whole iteration on point-goals in PyTorch 1.13 on a CPU.

    play     20 tasks, 20 plays of each, 100 steps; policy 2 x 64 tanh, a mean and a deviation for each of two numbers
    judge    a linear baseline for each task on [x, x^2, t, t^2, t^3, 1], advantages standardised, gamma 0.99
    adapt    one gradient step of size 0.3 on the likelihood-ratio loss of each task
    play     20 plays of each task with its own weights
    learn    3 epochs: the clipped ratio after adaptation, through the inner gradient, gradient norm 1, Adam 3e-3

What makes it fast: all tasks are one batch. Weights after adaptation are [tasks, out, in], every product is one baddbmm,
and one call of autograd.grad takes the inner gradients of all tasks; the baselines are one batched solve; the points
are tensors over tasks and plays. The number of threads is the faster of 1 and all. A loop over tasks, as most programs
have it, is several times slower (--loop shows it).

    maml_step.py                      speed, one JSON object on standard output
    maml_step.py --task-check 40      trains so many iterations and prints the mean returns: that it learns
"""
import argparse
import json
import os
import statistics
import sys
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch  # noqa: E402

p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
p.add_argument("--tasks", type=int, default=20)
p.add_argument("--plays", type=int, default=20)
p.add_argument("--horizon", type=int, default=100)
p.add_argument("--hidden", type=int, default=64)
p.add_argument("--epochs", type=int, default=3)
p.add_argument("--iterations", type=int, default=5, help="timed in each repeat")
p.add_argument("--repeats", type=int, default=3)
p.add_argument("--threads", type=int, default=0, help="0: the faster of 1 and all")
p.add_argument("--seed", type=int, default=1)
p.add_argument("--loop", action="store_true", help="one task after the other in learning, as most programs have it")
p.add_argument("--task-check", type=int, default=0, metavar="ITERATIONS")
args = p.parse_args()
B, K, T, H = args.tasks, args.plays, args.horizon, args.hidden
GAMMA, ALPHA, LOG_2PI = 0.99, 0.3, 1.8378770664093453
torch.set_flush_denormal(True)


def initial(seed):
    torch.manual_seed(seed)
    shapes = ((H, 2, 2 ** 0.5), (H, H, 2 ** 0.5), (2, H, 0.01))
    weights = []
    for out, into, gain in shapes:
        weights += [torch.nn.init.orthogonal_(torch.empty(out, into), gain), torch.zeros(out)]
    weights.append(torch.zeros(2))  # log deviations
    return [w.requires_grad_() for w in weights]


def forward(weights, x):
    """Means of [tasks, M, 2] inputs under weights of each task or of all."""
    for i in (0, 2, 4):
        w, b = weights[i], weights[i + 1]
        x = torch.baddbmm(b.unsqueeze(1), x, w.transpose(1, 2)) if w.dim() == 3 else torch.nn.functional.linear(x, w, b)
        if i < 4:
            x = torch.tanh(x)
    return x


def log_probability(weights, x, actions):
    means, log_deviation = forward(weights, x), weights[6]
    if log_deviation.dim() == 2:
        log_deviation = log_deviation.unsqueeze(1)
    z = (actions - means) * torch.exp(-log_deviation)
    return (-0.5 * z * z - log_deviation - 0.5 * LOG_2PI).sum(2)


@torch.no_grad()
def play(weights, goals):
    """Inputs and actions [B, T*K, 2], rewards and whether a step was played [B, T, K]."""
    place = torch.zeros(B, K, 2)
    seen, actions = torch.empty(T, B, K, 2), torch.empty(T, B, K, 2)
    rewards, active = torch.empty(T, B, K), torch.empty(T, B, K)
    on = torch.ones(B, K)
    noise = torch.randn(T, B, K, 2)
    deviation = torch.exp(weights[6] if weights[6].dim() == 1 else weights[6].unsqueeze(1))
    for t in range(T):
        seen[t] = place
        torch.addcmul(forward(weights, place), deviation.expand(B, K, 2), noise[t], out=actions[t])
        place = place + 0.1 * actions[t].clamp(-1, 1)
        apart = (place - goals).abs_()
        active[t] = on
        rewards[t] = -apart.norm(dim=2) * on
        on = on * (1 - (apart.amax(2) < 0.01).float())
    rows = [x.permute(1, 0, 2, 3).reshape(B, T * K, 2) for x in (seen, actions)]
    return rows[0], rows[1], rewards.permute(1, 0, 2), active.permute(1, 0, 2)


@torch.no_grad()
def judge(x, rewards, active):
    """Advantages [B, T*K]: the return that followed less a linear baseline fitted to the task's plays."""
    returns, sum_ = torch.empty_like(rewards), torch.zeros(B, K)
    for t in range(T - 1, -1, -1):
        sum_ = rewards[:, t] + GAMMA * sum_
        returns[:, t] = sum_
    tau = (torch.arange(T) / T).view(1, T, 1).expand(B, T, K).reshape(B, T * K, 1)
    features = torch.cat((x, x * x, tau, tau * tau, tau ** 3, torch.ones_like(tau)), 2).double()
    played = active.reshape(B, T * K, 1).double()
    features = features * played
    target = returns.reshape(B, T * K, 1).double() * played
    gram = features.transpose(1, 2) @ features + 1e-5 * torch.eye(8, dtype=torch.double)
    fitted = torch.linalg.solve(gram, features.transpose(1, 2) @ target)
    return ((target - features @ fitted) * played).squeeze(2).float()


def centred(advantages, active, deviation=None):
    count = active.sum(1, keepdim=True)
    advantages = (advantages - advantages.sum(1, keepdim=True) / count) * active
    if deviation is None:
        deviation = (advantages.pow(2).sum(1, keepdim=True) / count).sqrt() + 1e-8
    return advantages / deviation


def adapt(weights, x, actions, old, advantages, active, differentiable):
    own = [w.unsqueeze(0).expand(x.shape[0], *w.shape) for w in weights]
    if not differentiable:
        own = [w.detach().requires_grad_() for w in own]
    ratio = torch.exp(log_probability(own, x, actions) - old)
    loss = -(ratio * advantages * active / active.sum(1, keepdim=True)).sum()
    gradients = torch.autograd.grad(loss, own, create_graph=differentiable)
    return [w - ALPHA * g for w, g in zip(own, gradients)]


class Learner:
    def __init__(self, seed):
        self.weights = initial(seed)
        self.adam = torch.optim.Adam(self.weights, lr=3e-3, foreach=True)

    def iterate(self):
        clock = [time.perf_counter()]
        goals = (torch.rand(B, 1, 2) - 0.5)
        x0, a0, r0, on0 = play(self.weights, goals)
        on0 = on0.reshape(B, T * K)
        with torch.no_grad():
            old0 = log_probability(self.weights, x0, a0)
        advantages0 = centred(judge(x0, r0, on0.view(B, T, K)), on0)
        clock.append(time.perf_counter())
        adapted = [w.detach() for w in adapt(self.weights, x0, a0, old0, advantages0, on0, False)]
        clock.append(time.perf_counter())
        x1, a1, r1, on1 = play(adapted, goals)
        on1 = on1.reshape(B, T * K)
        with torch.no_grad():
            old1 = log_probability(adapted, x1, a1)
        advantages1 = centred(judge(x1, r1, on1.view(B, T, K)), on1, deviation=1)
        advantages1 /= (advantages1.pow(2).sum() / on1.sum()).sqrt() + 1e-8
        clock.append(time.perf_counter())
        weight = on1 / on1.sum(1, keepdim=True) / B
        parts = [slice(i, i + 1) for i in range(B)] if args.loop else [slice(0, B)]
        for _ in range(args.epochs):
            self.adam.zero_grad(set_to_none=True)
            for some in parts:
                own = adapt(self.weights, x0[some], a0[some], old0[some], advantages0[some], on0[some], True)
                ratio = torch.exp(log_probability(own, x1[some], a1[some]) - old1[some])
                advantage = advantages1[some]
                loss = -(torch.minimum(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage) * weight[some]).sum()
                loss.backward()
            torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
            self.adam.step()
        clock.append(time.perf_counter())
        split = [end - begin for begin, end in zip(clock, clock[1:])]
        return (r0.sum(1).mean().item(), r1.sum(1).mean().item()), split


def measure(threads, iterations):
    torch.set_num_threads(threads)
    learner = Learner(args.seed)
    learner.iterate()
    splits = [learner.iterate()[1] for _ in range(iterations)]
    return [statistics.mean(part) for part in zip(*splits)]


if args.task_check:
    torch.set_num_threads(args.threads or 1)
    learner = Learner(args.seed)
    for i in range(args.task_check):
        (before, after), _ = learner.iterate()
        print(f"iteration {i + 1}: return before {before:.2f}, after {after:.2f}", flush=True)
    sys.exit()
threads = args.threads or min((1, os.cpu_count()), key=lambda n: sum(measure(n, 2)))
splits = [measure(threads, args.iterations) for _ in range(args.repeats)]
seconds = [sum(split) for split in splits]
print(json.dumps({"name": f"maml/point-goals-B{B}-K{K}-T{T}", "program": f"PyTorch {torch.__version__}",
                  "loop": args.loop, "threads": threads, "unit": "s", "value": round(statistics.median(seconds), 4),
                  "best": round(min(seconds), 4), "seconds": [round(one, 4) for one in seconds],
                  "split": {name: round(statistics.median(part), 4) for name, part in
                            zip(("play and judge before", "adapt", "play and judge after", "learn"), zip(*splits))}}))
