"""Log-probabilities and gradients of small decoders in double precision, by PyTorch and its automatic differentiation.

    /usr/bin/python3 benchmarks/pytorch/language_reference.py > tests/RLSquared.Language.Tests/Models/reference.json

Written from the published architectures (full T x T attention, one sequence at a time), so that it shares nothing with
the library that it judges. The weights follow a formula, so the file need not hold them: number i of tensor t (in the
order of the list `names`) is the float32 nearest to 0.3 sin(1.7 i + 0.9 t + 0.3), plus 1 for the gains of norms.
"""
import json
import math
import sys

import torch

torch.set_default_dtype(torch.float64)

BASE = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            vocab_size=29, max_position_embeddings=128, rms_norm_eps=1e-6, rope_theta=10000.0, hidden_act="silu",
            tie_word_embeddings=False)
MODELS = {
    "llama": dict(BASE, architectures=["LlamaForCausalLM"], num_key_value_heads=4, attention_bias=True, mlp_bias=True),
    "llama3": dict(BASE, architectures=["LlamaForCausalLM"], tie_word_embeddings=True, rope_theta=500000.0,
                   rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                     original_max_position_embeddings=32)),
    "qwen2": dict(BASE, architectures=["Qwen2ForCausalLM"]),
    "qwen2-yarn-window": dict(BASE, architectures=["Qwen2ForCausalLM"], use_sliding_window=True, sliding_window=4,
                              max_window_layers=1, rope_scaling=dict(rope_type="yarn", factor=4.0,
                                                                     original_max_position_embeddings=16)),
    "qwen3": dict(BASE, architectures=["Qwen3ForCausalLM"], head_dim=8, tie_word_embeddings=True, rope_theta=1e6),
}


def names_and_shapes(c):
    d, h, g = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
    e, f, v = c.get("head_dim", d // h), c["intermediate_size"], c["vocab_size"]
    family = c["architectures"][0]
    qkv_bias = family == "Qwen2ForCausalLM" or c.get("attention_bias", False)
    o_bias = family != "Qwen2ForCausalLM" and c.get("attention_bias", False)
    out = [("model.embed_tokens.weight", (v, d))]
    for n in range(c["num_hidden_layers"]):
        p = f"model.layers.{n}."
        out.append((p + "input_layernorm.weight", (d,)))
        for name, heads in (("q", h), ("k", g), ("v", g)):
            out.append((p + f"self_attn.{name}_proj.weight", (heads * e, d)))
            if qkv_bias:
                out.append((p + f"self_attn.{name}_proj.bias", (heads * e,)))
        if family == "Qwen3ForCausalLM":
            out += [(p + "self_attn.q_norm.weight", (e,)), (p + "self_attn.k_norm.weight", (e,))]
        out.append((p + "self_attn.o_proj.weight", (d, h * e)))
        if o_bias:
            out.append((p + "self_attn.o_proj.bias", (d,)))
        out.append((p + "post_attention_layernorm.weight", (d,)))
        for name, shape in (("gate", (f, d)), ("up", (f, d)), ("down", (d, f))):
            out.append((p + f"mlp.{name}_proj.weight", shape))
            if c.get("mlp_bias", False):
                out.append((p + f"mlp.{name}_proj.bias", (shape[0],)))
    out.append(("model.norm.weight", (d,)))
    if not c["tie_word_embeddings"]:
        out.append(("lm_head.weight", (v, d)))
    return out


def weights(c):
    made = {}
    for t, (name, shape) in enumerate(names_and_shapes(c)):
        i = torch.arange(math.prod(shape), dtype=torch.float64)
        w = 0.3 * torch.sin(1.7 * i + 0.9 * t + 0.3) + (1.0 if name.endswith("norm.weight") else 0.0)
        made[name] = w.float().double().reshape(shape).requires_grad_()
    return made


def frequencies(c, e):
    theta, scaling = c["rope_theta"], c.get("rope_scaling")
    inv = [theta ** (-2.0 * i / e) for i in range(e // 2)]
    if scaling is None:
        return inv, 1.0
    factor, original = scaling["factor"], scaling["original_max_position_embeddings"]
    if scaling["rope_type"] == "llama3":
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        out = []
        for f in inv:
            wave = 2 * math.pi / f
            if wave > original / low:
                out.append(f / factor)
            elif wave < original / high:
                out.append(f)
            else:
                s = (original / wave - low) / (high - low)
                out.append((1 - s) * f / factor + s * f)
        return out, 1.0

    def dimension(turns):
        return e * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))

    low, high = max(math.floor(dimension(32)), 0), min(math.ceil(dimension(1)), e - 1)
    if low == high:
        high += 0.001
    out = []
    for i, f in enumerate(inv):
        ramp = min(max((i - low) / (high - low), 0.0), 1.0)
        out.append(f / factor * ramp + f * (1 - ramp))
    return out, 0.1 * math.log(factor) + 1


def rms(x, gain, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * gain


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * torch.cat([cos, cos], -1) + turned * torch.cat([sin, sin], -1)


def forward(c, w, ids):
    h, g, eps = c["num_attention_heads"], c["num_key_value_heads"], c["rms_norm_eps"]
    e, t = c.get("head_dim", c["hidden_size"] // h), len(ids)
    inv, attention = frequencies(c, e)
    angles = torch.outer(torch.arange(t, dtype=torch.float64), torch.tensor(inv))
    cos, sin = torch.cos(angles) * attention, torch.sin(angles) * attention

    def linear(x, name):
        y = x @ w[name + ".weight"].T
        return y + w[name + ".bias"] if name + ".bias" in w else y

    x = w["model.embed_tokens.weight"][torch.tensor(ids)]
    for n in range(c["num_hidden_layers"]):
        p = f"model.layers.{n}."
        y = rms(x, w[p + "input_layernorm.weight"], eps)
        q = linear(y, p + "self_attn.q_proj").reshape(t, h, e).transpose(0, 1)
        k = linear(y, p + "self_attn.k_proj").reshape(t, g, e).transpose(0, 1)
        v = linear(y, p + "self_attn.v_proj").reshape(t, g, e).transpose(0, 1)
        if p + "self_attn.q_norm.weight" in w:
            q = rms(q, w[p + "self_attn.q_norm.weight"], eps)
            k = rms(k, w[p + "self_attn.k_norm.weight"], eps)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = k.repeat_interleave(h // g, 0), v.repeat_interleave(h // g, 0)
        seen = torch.ones(t, t).tril()
        if c.get("use_sliding_window") and n >= c["max_window_layers"]:
            seen = seen.triu(-(c["sliding_window"] - 1))
        scores = (q @ k.transpose(1, 2)) / math.sqrt(e)
        scores = scores.masked_fill(seen == 0, float("-inf"))
        y = (torch.softmax(scores, -1) @ v).transpose(0, 1).reshape(t, h * e)
        x = x + linear(y, p + "self_attn.o_proj")
        y = rms(x, w[p + "post_attention_layernorm.weight"], eps)
        gate = linear(y, p + "mlp.gate_proj")
        x = x + linear(gate * torch.sigmoid(gate) * linear(y, p + "mlp.up_proj"), p + "mlp.down_proj")
    x = rms(x, w["model.norm.weight"], eps)
    return x @ w["model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"].T


def main():
    out = {"what": "by benchmarks/pytorch/language_reference.py, torch " + torch.__version__, "models": {}}
    for name, c in MODELS.items():
        w = weights(c)
        sequences = [[(7 * i * i + 3 * i + 1) % c["vocab_size"] for i in range(13)],
                     [(5 * i * i + 11 * i + 2) % c["vocab_size"] for i in range(6)]]
        logs = [torch.log_softmax(forward(c, w, ids), -1)[:-1].gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
                for ids in sequences]
        # The loss: token r of all sequences together, counted from the second of the first one, has weight sin(r + 1).
        every = torch.cat(logs)
        loss = (every * torch.sin(torch.arange(len(every)) + 1.0)).sum()
        loss.backward()
        gradients = {}
        for key, tensor in w.items():
            d = tensor.grad.reshape(-1)
            i = torch.arange(len(d), dtype=torch.float64)
            gradients[key] = dict(norm=round(d.norm().item(), 9), along=round((d * torch.cos(2.3 * i)).sum().item(), 9),
                                  first=[round(one, 9) for one in d[:3].tolist()])
        out["models"][name] = dict(config=c, sequences=sequences, loss=loss.item(), gradients=gradients,
                                   log_probabilities=[[round(one, 9) for one in part.tolist()] for part in logs])
    json.dump(out, sys.stdout, indent=1)
    print()


main()
