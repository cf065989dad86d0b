#!/usr/bin/env python3
"""The speed opponent: one whole RL² iteration, batched, in PyTorch 1.13 on a CPU.

The recipe is that of Duan et al. 2016 (arXiv 1611.02779) as its first author ran it on Bernoulli bandits:

    rollout    1,024 trials of 100 pulls in lock-step; actions sampled from a GRU-256 policy     -> timed as "rollout"
    values     one pass of a second GRU-256 over the whole sequences; GAE over the trial,
               value 0 after the last step; advantages standardised over the batch               -> timed as "values"
    policy     5 epochs, minibatches of 128 whole trials, full back-propagation through time,
               clipped ratio (0.1), Adam 1e-3, element-wise gradient clip at 40                  -> timed as "policy"
    baseline   the same epochs and minibatches; squared error on normalised returns              -> timed as "baseline"

The rate is T·N environment steps divided by the sum of all four (making tasks and random numbers included).
The KL guard (after each epoch a full-batch forward pass; keep the best epoch with mean KL <= 0.01; then back-track)
is off unless --guard is given, and is then timed within "policy".

What makes it fast, each an option so that its share can be measured:

    --gru module|function   torch.nn.GRU, or the same cell as a hand-written autograd.Function: fewer and in-place
                            element-wise operations, and one matrix product for the whole recurrent weight gradient.
    --parallel blas|nets    one Python thread over a threaded BLAS, or single-threaded BLAS with one Python thread for
                            each half of the lanes, and during the update one for each network (they are independent).
    --blas-core auto|NAME   kernel family of OpenBLAS. OpenBLAS 0.3.21 does not know recent AVX-512 processors and falls
                            back to AVX2 kernels, which halves its rate; "auto" asks for the SkylakeX family wherever
                            the processor has AVX-512. "default" leaves the choice to OpenBLAS.
    --aten auto|NAME        likewise for PyTorch's element-wise kernels, which stay at AVX2 unless told.
    --allocator keep        glibc keeps freed pages instead of handing them back and faulting them in again for each
                            minibatch's buffers of tens of megabytes (what jemalloc is often preloaded for).
    --plain                 none of this: nn.GRU over the BLAS and kernels that the platform picks by itself.
    --aten-threads          threads of element-wise operations; 1, because OpenMP's threads and OpenBLAS's own get in
                            each other's way in steps of this size.

The default is the fastest form with torch.nn.GRU; "--gru function" is faster still, and "--plain" is what a program
gets that only asks for threads. "processor" in the split is processor-seconds: where it falls short of threads × total,
other programs held the cores (with --parallel nets, which never spins, it is the steadier figure).

Layout is time-first [T, N, ·] throughout, denormals are flushed to zero, sampling needs one argmax per step, and the
log-probabilities of the rollout are computed in one piece afterwards.
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor


def parse_arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--arms", type=int, default=10)
    p.add_argument("--pulls", type=int, default=100)
    p.add_argument("--trials", type=int, default=1024)
    p.add_argument("--hidden", type=int, default=256)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--minibatch", type=int, default=128, help="whole trials in one minibatch")
    p.add_argument("--gamma", type=float, default=0.99)
    p.add_argument("--lam", type=float, default=0.3)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--guard", action="store_true", help="also do, and time, the KL guard")
    p.add_argument("--threads", type=int, default=os.cpu_count())
    p.add_argument("--gru", choices=("module", "function"), default="module")
    p.add_argument("--parallel", choices=("blas", "nets"), default="nets")
    p.add_argument("--blas-core", default="auto")
    p.add_argument("--aten", default="auto")
    p.add_argument("--aten-threads", type=int, default=1)
    p.add_argument("--allocator", choices=("keep", "default"), default="keep")
    p.add_argument("--plain", action="store_true", help="as installed: nn.GRU, threaded BLAS, no tuning of the platform")
    p.add_argument("--repeats", type=int, default=3)
    p.add_argument("--json", action="store_true", help="one JSON object on standard output, the rest on standard error")
    p.add_argument("--task-check", type=int, default=0, metavar="ITERATIONS", help="train and print the mean returns")
    p.add_argument("--gru-train", action="store_true", help="only the rate of GRU training beside that of torch.mm")
    p.add_argument("--self-check", action="store_true", help="compare the hand-written GRU with torch.nn.GRU")
    a = p.parse_args()
    if a.plain:
        a.gru, a.parallel, a.blas_core, a.aten, a.allocator = "module", "blas", "default", "default", "default"
    if a.trials % a.minibatch != 0:
        p.error(f"minibatch {a.minibatch} does not divide {a.trials} trials")
    if a.threads < 1 or a.threads > 2 and a.parallel == "nets":
        p.error(f"--threads {a.threads}: --parallel nets uses 1 or 2; for more take --parallel blas")
    return a


# All of this must be in the environment before torch loads its libraries.
args = parse_arguments()
has_avx512 = False
if os.path.exists("/proc/cpuinfo"):
    with open("/proc/cpuinfo") as cpuinfo:
        flags = set(next((line for line in cpuinfo if line.startswith("flags")), "").split())
        has_avx512 = {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"} <= flags
if args.blas_core != "default" and (args.blas_core != "auto" or has_avx512):
    os.environ["OPENBLAS_CORETYPE"] = "SkylakeX" if args.blas_core == "auto" else args.blas_core
if args.aten != "default" and (args.aten != "auto" or has_avx512):
    os.environ["ATEN_CPU_CAPABILITY"] = "avx512" if args.aten == "auto" else args.aten
workers = args.threads if args.parallel == "nets" else 1
os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads // workers)
if args.allocator == "keep" and sys.platform == "linux":
    for option, amount in ((-8, 1), (-4, 0), (-1, 2**31 - 1)):  # M_ARENA_MAX, M_MMAP_MAX, M_TRIM_THRESHOLD
        ctypes.CDLL(None).mallopt(option, amount)

import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(args.aten_threads)
torch.set_flush_denormal(True)
pool = ThreadPoolExecutor(workers, initializer=lambda: torch.set_flush_denormal(True))
A, T, N, H, B = args.arms, args.pulls, args.trials, args.hidden, args.minibatch
D = A + 2  # one-hot previous action, previous reward, done flag


# ---- The GRU of the paper (reset-after form, tanh candidate, gates stored r, z, n) as one function over a sequence -----

class GruFunction(torch.autograd.Function):
    """r, z = sigmoid(x Wi + h Wh + b);  n = tanh(x Wn + bn + r (h Un + cn));  h' = (1 - z) n + z h,  from h = 0."""

    @staticmethod
    def forward(ctx, x, w_ih, w_hh, b_ih, b_hh):  # x [T, B, D], weights as nn.GRU stores them
        steps, batch, _ = x.shape
        hidden = w_hh.shape[1]
        # [T, B, 3H]; turns step by step into r, z, n.
        gates = torch.addmm(b_ih, x.reshape(steps * batch, -1), w_ih.t()).view(steps, batch, 3 * hidden)
        recurrent = torch.empty(batch, 3 * hidden)
        candidate = torch.empty(steps, batch, hidden)  # h Un + cn, before the reset gate
        h = torch.zeros(steps + 1, batch, hidden)
        w_hh_t = w_hh.t()
        for t in range(steps):
            gru_step(gates[t], recurrent, candidate[t], h[t], h[t + 1], w_hh_t, b_hh)
        ctx.save_for_backward(x, w_hh, gates, candidate, h)
        return h[1:]

    @staticmethod
    def backward(ctx, d_out):
        x, w_hh, gates, candidate, h = ctx.saved_tensors
        steps, batch, H3 = gates.shape
        hidden = H3 // 3
        d_recurrent = torch.empty_like(gates)  # gradient at h Wh + b
        d_n = torch.empty(steps, batch, hidden)  # gradient at x Wn + bn
        dh, work = torch.zeros(batch, hidden), torch.empty(batch, hidden)
        for t in range(steps - 1, -1, -1):
            r, z, n = gates[t, :, :hidden], gates[t, :, hidden:2 * hidden], gates[t, :, 2 * hidden:]
            d_r, d_z, d_c = (d_recurrent[t, :, i * hidden:(i + 1) * hidden] for i in range(3))
            dh.add_(d_out[t])
            torch.sub(h[t], n, out=work).mul_(dh)
            torch.ops.aten.sigmoid_backward(work, z, grad_input=d_z)
            dh_z = dh * z
            dh.sub_(dh_z)
            torch.ops.aten.tanh_backward(dh, n, grad_input=d_n[t])
            torch.mul(d_n[t], r, out=d_c)
            torch.mul(d_n[t], candidate[t], out=work)
            torch.ops.aten.sigmoid_backward(work, r, grad_input=d_r)
            torch.addmm(dh_z, d_recurrent[t], w_hh, out=dh)
        rows = steps * batch
        d_recurrent, d_n, x = d_recurrent.view(rows, H3), d_n.view(rows, hidden), x.reshape(rows, -1)
        d_w_hh = d_recurrent.t().mm(h[:-1].reshape(rows, hidden))
        d_w_ih = torch.cat((d_recurrent[:, :2 * hidden].t().mm(x), d_n.t().mm(x)))
        d_b_hh = d_recurrent.sum(0)
        return None, d_w_ih, d_w_hh, torch.cat((d_b_hh[:2 * hidden], d_n.sum(0))), d_b_hh


def gru_step(gates, recurrent, candidate, h, h_next, w_hh_t, b_hh):
    """One step in place: gates [B, 3H] holds x W + b on entry and r, z, n on return."""
    hidden = h.shape[1]
    torch.addmm(b_hh, h, w_hh_t, out=recurrent)
    rz, n = gates[:, :2 * hidden], gates[:, 2 * hidden:]
    rz.add_(recurrent[:, :2 * hidden]).sigmoid_()
    candidate.copy_(recurrent[:, 2 * hidden:])
    n.addcmul_(rz[:, :hidden], candidate).tanh_()
    torch.lerp(n, h, rz[:, hidden:], out=h_next)


# ---- Networks -----------------------------------------------------------------------------------------------------------

class Network(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.gru, self.head = nn.GRU(inputs, hidden), nn.Linear(hidden, outputs)
        for name, weight in self.gru.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.data.chunk(3):
                    nn.init.orthogonal_(gate)
            elif name.startswith("weight"):
                nn.init.xavier_uniform_(weight)
            else:
                nn.init.zeros_(weight)
        nn.init.xavier_uniform_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.weights = (self.gru.weight_ih_l0, self.gru.weight_hh_l0, self.gru.bias_ih_l0, self.gru.bias_hh_l0)

    def forward(self, x):  # [T, B, D] -> [T, B, outputs]
        return self.head(GruFunction.apply(x, *self.weights) if args.gru == "function" else self.gru(x)[0])

    def step(self, x, h):  # [B, D], [B, H] -> logits [B, outputs], next h
        if args.gru == "module":
            h = torch.gru_cell(x, h, *self.weights)  # what nn.GRUCell calls
        else:
            w_ih, w_hh, b_ih, b_hh = self.weights
            gates, next_h = torch.addmm(b_ih, x, w_ih.t()), torch.empty_like(h)
            gru_step(gates, torch.empty_like(gates), torch.empty_like(h), h, next_h, w_hh.t(), b_hh)
            h = next_h
        return self.head(h), h


# ---- One iteration ------------------------------------------------------------------------------------------------------

def halves(function, count):
    """function(from, to) over the lanes, one slice for each worker; the results joined along axis 1."""
    cuts = [count * i // workers for i in range(workers + 1)]
    parts = list(pool.map(function, cuts[:-1], cuts[1:]))
    return [torch.cat(p, 1) if workers > 1 else p[0] for p in zip(*parts)]


def rollout(policy, seed):
    """Inputs [T, N, D], actions [T, N], rewards [T, N], log-probabilities of all actions [T, N, A]."""
    @torch.no_grad()
    def play(start, end):
        rng = torch.Generator().manual_seed(seed * N + start)
        lanes = end - start
        arms = torch.rand(lanes, A, generator=rng)
        luck = torch.rand(T, lanes, generator=rng)
        race = torch.empty(T, lanes, A).exponential_(generator=rng).log_()  # argmax(logit - log e) samples the softmax
        x = torch.zeros(T, lanes, D)
        x[0, :, 0] = 1  # first input: action 0, reward 0, done 1
        x[:, :, D - 1] = 1  # a pull is an episode
        h = torch.zeros(lanes, H)
        actions = torch.empty(T, lanes, 1, dtype=torch.long)
        rewards = torch.empty(T, lanes, 1)
        logits = torch.empty(T, lanes, A)
        for t in range(T):
            logits[t], h = policy.step(x[t], h)
            action = torch.argmax(logits[t] - race[t], 1, keepdim=True, out=actions[t])
            reward = torch.lt(luck[t, :, None], arms.gather(1, action), out=rewards[t])
            if t + 1 < T:
                x[t + 1].scatter_(1, action, 1.0)
                x[t + 1, :, A:A + 1] = reward
        return x, actions.squeeze(2), rewards.squeeze(2), F.log_softmax(logits, 2)
    return halves(play, N)


class Scale:
    """Running mean and deviation of returns, update rate 0.9: the latest batch weighs 0.9."""
    mean, std = 0.0, 1.0

    def update(self, returns, first):
        rate = 1.0 if first else 0.9
        self.mean += rate * (returns.mean().item() - self.mean)
        self.std += rate * (returns.std().item() - self.std)


@torch.no_grad()
def targets(value, scale, x, rewards):
    """Standardised advantages and discounted returns, both [T, N]."""
    def predict(start, end):
        with torch.no_grad():
            return [value(x[:, start:end]).squeeze(2)]
    values = halves(predict, N)[0] * scale.std + scale.mean
    advantages, returns = torch.empty(T, N), torch.empty(T, N)
    advantage, ret, next_value = torch.zeros(N), torch.zeros(N), torch.zeros(N)
    for t in range(T - 1, -1, -1):
        delta = rewards[t] + args.gamma * next_value - values[t]
        advantage = torch.add(delta, advantage, alpha=args.gamma * args.lam, out=advantages[t])
        ret = torch.add(rewards[t], ret, alpha=args.gamma, out=returns[t])
        next_value = values[t]
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8), returns


def minibatches(seed):
    order = torch.randperm(N, generator=torch.Generator().manual_seed(seed))
    return order.split(B)


def update_policy(policy, optimiser, x, actions, log_probs, advantages, seed):
    started = time.perf_counter()
    actions = actions.unsqueeze(2)
    old = log_probs.gather(2, actions).squeeze(2)
    parameters = list(policy.parameters())
    before = [p.detach().clone() for p in parameters] if args.guard else None
    best, best_surrogate = None, -float("inf")
    for epoch in range(args.epochs):
        for lanes in minibatches(seed * 1000 + epoch):
            new = F.log_softmax(policy(x[:, lanes]), 2).gather(2, actions[:, lanes]).squeeze(2)
            ratio, advantage = torch.exp(new - old[:, lanes]), advantages[:, lanes]
            loss = -torch.minimum(ratio * advantage, ratio.clamp(0.9, 1.1) * advantage).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_value_(parameters, 40.0)
            optimiser.step()
        if args.guard:
            kl, surrogate = divergence(policy, x, actions, log_probs, old, advantages)
            if kl <= 0.01 and surrogate > best_surrogate:
                best, best_surrogate = [p.detach().clone() for p in parameters], surrogate
    if args.guard:
        with torch.no_grad():
            for p, b in zip(parameters, best or parameters):
                p.copy_(b)
            halvings = 0
            while best is None and halvings < 10:
                if divergence(policy, x, actions, log_probs, old, advantages)[0] <= 0.01:
                    break
                for p, b in zip(parameters, before):
                    p.lerp_(b, 0.5)
                halvings += 1
    return time.perf_counter() - started


@torch.no_grad()
def divergence(policy, x, actions, log_probs, old, advantages):
    """Mean KL(old, new) and mean unclipped surrogate over the whole batch."""
    kl = surrogate = 0.0
    for lanes in torch.arange(N).split(B):
        new = F.log_softmax(policy(x[:, lanes]), 2)
        was = log_probs[:, lanes]
        kl += (was.exp() * (was - new)).sum().item()
        ratio = torch.exp(new.gather(2, actions[:, lanes]).squeeze(2) - old[:, lanes])
        surrogate += (ratio * advantages[:, lanes]).sum().item()
    return kl / (T * N), surrogate / (T * N)


def update_baseline(value, optimiser, x, goals, seed):
    started = time.perf_counter()
    parameters = list(value.parameters())
    for epoch in range(args.epochs):
        for lanes in minibatches(seed * 1000 + 500 + epoch):
            loss = F.mse_loss(value(x[:, lanes]).squeeze(2), goals[:, lanes])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_value_(parameters, 40.0)
            optimiser.step()
    return time.perf_counter() - started


class Learner:
    def __init__(self):
        torch.manual_seed(args.seed)
        self.policy, self.value = Network(D, H, A), Network(D, H, 1)
        self.policy_optimiser = torch.optim.Adam(self.policy.parameters(), lr=args.lr)
        self.value_optimiser = torch.optim.Adam(self.value.parameters(), lr=args.lr)
        self.scale, self.iterations = Scale(), 0

    def iterate(self):
        """Mean return of the trials, and the seconds of each part. With two workers the parts "policy" and "baseline"
        run side by side: each is given its own time, and "update" the time of both together."""
        seed = args.seed * 1_000_003 + self.iterations
        clock = [time.perf_counter()]
        x, actions, rewards, log_probs = rollout(self.policy, seed)
        clock.append(time.perf_counter())
        advantages, returns = targets(self.value, self.scale, x, rewards)
        self.scale.update(returns, self.iterations == 0)
        goals = (returns - self.scale.mean) / self.scale.std
        clock.append(time.perf_counter())
        policy = pool.submit(update_policy, self.policy, self.policy_optimiser, x, actions, log_probs, advantages, seed)
        baseline = pool.submit(update_baseline, self.value, self.value_optimiser, x, goals, seed)
        policy, baseline = policy.result(), baseline.result()
        clock.append(time.perf_counter())
        self.iterations += 1
        split = {"rollout": clock[1] - clock[0], "values": clock[2] - clock[1], "policy": policy, "baseline": baseline,
                 "update": clock[3] - clock[2], "total": clock[3] - clock[0]}
        return rewards.sum(0).mean().item(), split


# ---- Measurements -------------------------------------------------------------------------------------------------------

def say(text):
    print(text, file=sys.stderr if args.json else sys.stdout, flush=True)


def setting():
    try:
        blas = ctypes.CDLL("libopenblas.so.0")
        blas.openblas_get_corename.restype = ctypes.c_char_p
        kernels = blas.openblas_get_corename().decode()
    except (OSError, AttributeError):
        kernels = "not OpenBLAS"
    return {"torch": torch.__version__, "gru": args.gru, "parallel": args.parallel, "blasKernels": kernels,
            "aten": os.environ.get("ATEN_CPU_CAPABILITY", "default"), "allocator": args.allocator,
            "guard": args.guard}


def measure_iteration():
    say(f"{setting()}, {args.threads} threads, load average {os.getloadavg()[0]:.2f}")
    learner, splits = Learner(), []
    for i in range(args.repeats + 1):  # the first warms up
        cpu = time.process_time()
        mean, split = learner.iterate()
        cpu = time.process_time() - cpu
        say(("warm-up " if i == 0 else f"repeat {i}") + " " + "  ".join(f"{k} {v:.2f}" for k, v in split.items())
            + f" s  {T * N / split['total']:.0f} steps/s  {cpu / split['total']:.2f} processors"
            + f"  load {os.getloadavg()[0]:.2f}  mean return {mean:.2f}")
        if i > 0:
            splits.append(split)
            split["processor"] = cpu
    rates = [T * N / s["total"] for s in splits]
    median = {k: round(statistics.median(s[k] for s in splits), 3) for k in splits[0]}
    say(f"median {statistics.median(rates):.0f} steps/s, best {max(rates):.0f}")
    if args.json:
        print(json.dumps({"name": f"rl2-iteration/bandits-k{A}-n{T}-H{H}", "threads": args.threads,
                          "value": round(statistics.median(rates), 1), "unit": "steps/s", "best": round(max(rates), 1),
                          "split": median, "setting": setting()}))


def measure_gru_train():
    """Forward, backward and weight gradients of a GRU at T 100, B 256, I 32, H 256; 6·T·B·3H·(I+H) operations. With two
    workers each takes half of the batch on weights of its own, whose gradients are then added."""
    steps, batch, inputs, hidden = 100, 256, 32, 256
    a, b = torch.randn(960, 256), torch.randn(256, 768)
    c = torch.empty(workers, 960, 768)
    nets = [Network(inputs, hidden, 1) for _ in range(workers)]
    x = [torch.randn(steps, batch // workers, inputs) for _ in range(workers)]
    d_out = [torch.randn(steps, batch // workers, hidden) for _ in range(workers)]

    def train(i):
        gru = nets[i].gru
        gru.zero_grad(set_to_none=True)
        out = GruFunction.apply(x[i], *nets[i].weights) if args.gru == "function" else gru(x[i])[0]
        out.backward(d_out[i])

    def multiply(i):
        for _ in range(20):
            torch.mm(a, b, out=c[i])

    def seconds(job):
        started = time.perf_counter()
        list(pool.map(job, range(workers)))
        if job is train:
            for first, *others in zip(*(n.gru.parameters() for n in nets)):
                for other in others:
                    first.grad.add_(other.grad)
        return time.perf_counter() - started

    def best_and_median(operations, job):
        return operations / min(timed[job]) / 1e9, operations / statistics.median(timed[job]) / 1e9

    timed = {train: [], multiply: []}
    for i in range(4 * args.repeats + 2):
        for job in timed:  # interleaved, so that both meet the same neighbours
            s = seconds(job)
            if i >= 2:
                timed[job].append(s)
    gru, gru_median = best_and_median(6 * steps * batch * 3 * hidden * (inputs + hidden), train)
    mm, mm_median = best_and_median(20 * workers * 2 * 960 * 768 * 256, multiply)
    say(f"{setting()}, {args.threads} threads, load average {os.getloadavg()[0]:.2f}")
    say(f"GRU training {gru:.1f} GFLOP/s (median {gru_median:.1f}), torch.mm 960x768x256 {mm:.1f} (median {mm_median:.1f}): "
        f"{gru / mm:.0%}")
    if args.json:
        print(json.dumps({"name": f"gru-train/T{steps}-B{batch}-I{inputs}-H{hidden}", "threads": args.threads,
                          "value": round(gru, 1), "unit": "GFLOP/s", "median": round(gru_median, 1),
                          "mm": round(mm, 1), "share": round(gru / mm, 3), "setting": setting()}))


def check_self():
    gru = Network(7, 33, 2).gru
    x, d_out = torch.randn(9, 5, 7), torch.randn(9, 5, 33)
    parameters = list(gru.parameters())
    expected = gru(x)[0]
    actual = GruFunction.apply(x, gru.weight_ih_l0, gru.weight_hh_l0, gru.bias_ih_l0, gru.bias_hh_l0)
    worst = (expected - actual).abs().max().item()
    for e, g in zip(torch.autograd.grad(expected, parameters, d_out), torch.autograd.grad(actual, parameters, d_out)):
        worst = max(worst, (e - g).abs().max().item())
    say(f"largest difference between the two forms, outputs and gradients: {worst:.1e}")
    if worst > 1e-4:
        sys.exit(1)


def check_task():
    learner = Learner()
    for i in range(args.task_check):
        mean, split = learner.iterate()
        say(f"iteration {i + 1:4d}  mean return {mean:7.3f}  {T * N / split['total']:.0f} steps/s")


if args.self_check:
    check_self()
elif args.gru_train:
    measure_gru_train()
elif args.task_check:
    check_task()
else:
    measure_iteration()
