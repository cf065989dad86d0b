"""Tokens per second of a small Llama in PyTorch on a CPU: the opponent of `RLSquared.Benchmarks language ...`.

    /usr/bin/python3 benchmarks/pytorch/language_speed.py train|forward|generate [threads [rounds]]

The same model (4 layers, D 256, 4 heads, gated feed-forward of 1,024, vocabulary 512, tied embeddings, float32), the
same batches: 8 sequences of 256 tokens trained with Adam; or 64 prompts of 16 tokens and 128 new tokens each, drawn in a
batched loop with a key-value cache that is allocated once. Tuned: fused q, k, v and gate, up products; one [T, T] mask
built once; foreach-Adam where it is faster; no autograd in generation. One line of JSON per round.
"""
import json
import math
import os
import sys
import time

import torch

L, D, H, F, V, T, B = 4, 256, 4, 1024, 512, 256, 8
E = D // H
what = sys.argv[1] if len(sys.argv) > 1 else "train"
threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
torch.set_num_threads(threads)
torch.manual_seed(1)


def weight(*shape):
    return (0.02 * torch.randn(*shape)).requires_grad_()


embedding = weight(V, D)
layers = [dict(n1=torch.ones(D, requires_grad=True), qkv=weight(3 * D, D), o=weight(D, D),
               n2=torch.ones(D, requires_grad=True), gu=weight(2 * F, D), down=weight(D, F)) for _ in range(L)]
norm = torch.ones(D, requires_grad=True)
parameters = [embedding, norm] + [w for layer in layers for w in layer.values()]
inv = 10000.0 ** (-torch.arange(0, E, 2).float() / E)
angles = torch.outer(torch.arange(512).float(), inv)
COS, SIN = torch.cat([angles.cos()] * 2, -1), torch.cat([angles.sin()] * 2, -1)
MASK = torch.full((T, T), float("-inf")).triu(1)


def rms(x, g):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * g


def rotate(x, cos, sin):
    return x * cos + torch.cat([-x[..., E // 2:], x[..., :E // 2]], -1) * sin


def heads(x, n, t):
    return x.view(n, t, H, E).transpose(1, 2)


def feed(layer, x):
    gate, up = torch.nn.functional.linear(rms(x, layer["n2"]), layer["gu"]).split(F, -1)
    return torch.nn.functional.linear(torch.nn.functional.silu(gate) * up, layer["down"])


def forward(ids):
    n, t = ids.shape
    x = embedding[ids]
    cos, sin, mask = COS[:t], SIN[:t], MASK[:t, :t]
    for layer in layers:
        q, k, v = torch.nn.functional.linear(rms(x, layer["n1"]), layer["qkv"]).split(D, -1)
        q, k, v = rotate(heads(q, n, t), cos, sin), rotate(heads(k, n, t), cos, sin), heads(v, n, t)
        p = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(E) + mask, -1)
        x = x + torch.nn.functional.linear((p @ v).transpose(1, 2).reshape(n, t, D), layer["o"])
        x = x + feed(layer, x)
    return torch.nn.functional.linear(rms(x, norm), embedding)


ids = torch.randint(V, (B, T))
optimiser = torch.optim.Adam(parameters, lr=3e-4, foreach=True)


def train():
    optimiser.zero_grad(set_to_none=True)
    loss = torch.nn.functional.cross_entropy(forward(ids)[:, :-1].reshape(-1, V), ids[:, 1:].reshape(-1))
    loss.backward()
    optimiser.step()
    return B * T


@torch.no_grad()
def score():
    torch.nn.functional.cross_entropy(forward(ids)[:, :-1].reshape(-1, V), ids[:, 1:].reshape(-1))
    return B * T


N, PROMPT, NEW = 64, 16, 128
K = torch.zeros(L, N, H, PROMPT + NEW, E)
VALUES = torch.zeros(L, N, H, PROMPT + NEW, E)


@torch.no_grad()
def generate():
    prompt = torch.randint(V, (N, PROMPT))
    x_ids, at = prompt, 0
    for step in range(NEW):
        t = x_ids.shape[1]
        x = embedding[x_ids]
        cos, sin = COS[at:at + t], SIN[at:at + t]
        for i, layer in enumerate(layers):
            q, k, v = torch.nn.functional.linear(rms(x, layer["n1"]), layer["qkv"]).split(D, -1)
            q, k, v = rotate(heads(q, N, t), cos, sin), rotate(heads(k, N, t), cos, sin), heads(v, N, t)
            K[i, :, :, at:at + t], VALUES[i, :, :, at:at + t] = k, v
            scores = q @ K[i, :, :, :at + t].transpose(-1, -2) / math.sqrt(E)
            if t > 1:
                scores = scores + MASK[:t, :t]
            y = torch.softmax(scores, -1) @ VALUES[i, :, :, :at + t]
            x = x + torch.nn.functional.linear(y.transpose(1, 2).reshape(N, t, D), layer["o"])
            x = x + feed(layer, x)
        at += t
        logits = torch.nn.functional.linear(rms(x[:, -1:], norm), embedding)[:, 0]
        logs = torch.log_softmax(logits, -1)
        x_ids = torch.multinomial(logs.exp(), 1)
        logs.gather(1, x_ids)
    return N * NEW


run = dict(train=train, forward=score, generate=generate)[what]
run()
run()
for _ in range(rounds):
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps(dict(what=what, threads=threads, tokensPerSecond=round(tokens / wall),
                          perCoreSecond=round(tokens / cpu))), flush=True)
