#!/usr/bin/env python3
"""One RL² iteration on a GPU in PyTorch: the recipe of RLSquared.Gpu.Benchmark, with cuDNN's GRU.

    rollout   N trials of T pulls in lock-step, all on the GPU: a GRU-H policy acts, a GRU-H value looks on
    targets   generalised advantages over the trial, standardised; returns normalised
    update    epochs of minibatches of whole trials: clipped ratio, squared error of the value, entropy,
              gradient cut at a norm of 0.5, Adam; one backward pass for both networks

Input row: one-hot previous arm, previous reward, end of episode, time to go. Writes one JSON.
"""
import argparse
import json
import statistics
import time

import torch


def parse():
    p = argparse.ArgumentParser()
    p.add_argument("--arms", type=int, default=10)
    p.add_argument("--pulls", type=int, default=100)
    p.add_argument("--hidden", type=int, default=256)
    p.add_argument("--trials", type=int, default=8192)
    p.add_argument("--minibatch", type=int, default=1024)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--iterations", type=int, default=4)
    p.add_argument("--seconds", type=float, default=30, help="no further iteration is begun after so long")
    p.add_argument("--precision", choices=["f32", "tf32"], default="f32")
    p.add_argument("--device", default="cuda")
    p.add_argument("--out", default="")
    return p.parse_args()


class Net(torch.nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.gru = torch.nn.GRU(inputs, hidden)
        self.cell = torch.nn.GRUCell(inputs, hidden)
        # The cell steps with the very weights of the layer.
        self.cell.weight_ih, self.cell.weight_hh = self.gru.weight_ih_l0, self.gru.weight_hh_l0
        self.cell.bias_ih, self.cell.bias_hh = self.gru.bias_ih_l0, self.gru.bias_hh_l0
        self.head = torch.nn.Linear(hidden, outputs)
        with torch.no_grad():
            self.head.weight.mul_(0.01)
            self.head.bias.zero_()

    def forward(self, x):
        return self.head(self.gru(x)[0])


def main():
    o = parse()
    tf32 = o.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.manual_seed(1)
    device = torch.device(o.device)
    A, T, N, H, B = o.arms, o.pulls, o.trials, o.hidden, o.minibatch
    inputs = A + 3
    policy, value = Net(inputs, H, A).to(device), Net(inputs, H, 1).to(device)
    parameters = list(dict.fromkeys(list(policy.parameters()) + list(value.parameters())))
    adam = torch.optim.Adam(parameters, lr=1e-3, fused=device.type == "cuda")
    x = torch.zeros(T, N, inputs, device=device)
    actions = torch.zeros(T, N, dtype=torch.long, device=device)
    rewards = torch.zeros(T, N, device=device)
    old, values = torch.zeros(T, N, device=device), torch.zeros(T, N, device=device)
    mean, deviation = torch.zeros((), device=device), torch.ones((), device=device)

    def synchronise():
        if device.type == "cuda":
            torch.cuda.synchronize()

    @torch.no_grad()
    def play():
        means = torch.rand(N, A, device=device)
        hp, hv = torch.zeros(N, H, device=device), torch.zeros(N, H, device=device)
        x.zero_()
        uniform = torch.rand(T, N, device=device)
        x[:, :, A + 1] = 1
        x[:, :, A + 2] = (1 - torch.arange(T, device=device) / T)[:, None]
        x[0, :, 0] = 1
        for t in range(T):
            hp, hv = policy.cell(x[t], hp), value.cell(x[t], hv)
            logp = torch.log_softmax(policy.head(hp), -1)
            values[t] = value.head(hv)[:, 0]
            gumbel = -torch.log(-torch.log(torch.rand_like(logp).clamp_(1e-20)))
            a = (logp + gumbel).argmax(-1)
            actions[t] = a
            old[t] = logp.gather(1, a[:, None])[:, 0]
            rewards[t] = (uniform[t] < means.gather(1, a[:, None])[:, 0]).float()
            if t + 1 < T:
                x[t + 1].scatter_(1, a[:, None], 1.0)
                x[t + 1, :, A] = rewards[t]

    def gae(v, lam):
        out, running = torch.empty_like(v), torch.zeros(N, device=device)
        for t in reversed(range(T)):
            following = v[t + 1] if t + 1 < T else torch.zeros(N, device=device)
            running = rewards[t] + following - v[t] + (lam * running if t + 1 < T else 0)
            out[t] = running
        return out

    def iterate():
        nonlocal mean, deviation
        play()
        with torch.no_grad():
            v = mean + deviation * values
            returns, advantages = gae(v, 1.0) + v, gae(v, 0.7)
            mean, deviation = returns.mean(), returns.std() + 1e-6
            target = (returns - mean) / deviation
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        for _ in range(o.epochs):
            order = torch.randperm(N, device=device)
            for start in range(0, N, B):
                pick = order[start:start + B]
                xs = x[:, pick]
                logp = torch.log_softmax(policy(xs), -1)
                taken = logp.gather(2, actions[:, pick, None])[..., 0]
                ratio = (taken - old[:, pick]).exp()
                adv = advantages[:, pick]
                loss = -torch.min(ratio * adv, ratio.clamp(0.8, 1.2) * adv).mean()
                loss = loss + 0.005 * (logp.exp() * logp).sum(-1).mean()
                loss = loss + 0.5 * (value(xs)[..., 0] - target[:, pick]).square().mean()
                adam.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 0.5)
                adam.step()

    began, seconds, first = time.time(), [], None
    iterate()
    synchronise()
    first = time.time() - began
    for _ in range(o.iterations):
        if time.time() - began > o.seconds:
            break
        synchronise()
        start = time.time()
        iterate()
        synchronise()
        seconds.append(time.time() - start)
    synchronise()
    start = time.time()
    play()
    synchronise()
    rollout = time.time() - start
    median = statistics.median(seconds or [first])
    result = {
        "torch": torch.__version__, "precision": o.precision, "seconds": median, "all_seconds": seconds,
        "rollout_seconds": rollout, "steps_per_second": T * N / median,
        "mean_return": rewards.sum().item() / N,
        "recipe": {"arms": A, "pulls": T, "hidden": H, "trials": N, "minibatch": B, "epochs": o.epochs},
    }
    print(json.dumps(result))
    if o.out:
        with open(o.out, "w") as file:
            json.dump(result, file)


main()
