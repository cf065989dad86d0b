"""Every kind of space of Gymnasium, with every type and bounds of every kind, as observations and as actions.

    python3 space_matrix.py ours            # the spaces of spaces.py
    python3 space_matrix.py gymnasium       # Gymnasium's own

What the client sends is read as docs/remote.md describes it, and must be what was observed; what it makes of a decision
must lie in the space, reach its ends and all of its values. What cannot be passed on must be refused with its name.
"""
import argparse
import importlib
import json
import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"))
import rlsquared_env as client  # noqa: E402

arguments = argparse.ArgumentParser()
arguments.add_argument("spaces", choices=["ours", "gymnasium"])
real = arguments.parse_args().spaces == "gymnasium"
spaces = importlib.import_module("gymnasium.spaces" if real else "spaces")
Box, Discrete, MultiBinary, MultiDiscrete = spaces.Box, spaces.Discrete, spaces.MultiBinary, spaces.MultiDiscrete
INF, checks = numpy.inf, 0
INTEGERS = [numpy.dtype(kind + width) for kind in "iu" for width in "1248"]
FLOATS = [numpy.dtype(f"f{width}") for width in (2, 4, 8)]


def check(condition, *what):
    global checks
    checks += 1
    if not condition:
        raise AssertionError(what)


# ---- observations ---------------------------------------------------------------------------------------------------

def expected(space, value):
    """An observation as one row of numbers; what the trainer is to have."""
    if isinstance(space, Discrete):
        return numpy.eye(int(space.n))[int(value) - int(space.start)]
    if isinstance(space, MultiDiscrete):
        ones = [numpy.eye(int(size))[int(one) - int(start)] for size, one, start in zip(
            space.nvec.ravel(), value.ravel(), space.start.ravel())]
        return numpy.concatenate(ones)
    if isinstance(space, spaces.Dict):
        return numpy.concatenate([expected(part, value[name]) for name, part in space.spaces.items()])
    if isinstance(space, spaces.Tuple):
        return numpy.concatenate([expected(part, one) for part, one in zip(space.spaces, value)])
    return numpy.asarray(value, numpy.float64).ravel()


def sent(show, value):
    """What arrives, after the way through JSON."""
    return json.loads(json.dumps(show(value), allow_nan=False))


def observe(space, samples=12):
    key, view, show = client._observation(space)
    json.dumps(view)
    space.seed(5)
    for _ in range(samples):
        value = space.sample()
        got = sent(show, value)
        if view["space"] == "discrete":
            check(type(got) is int and got == int(value) - int(space.start) and got < view["size"], space, value, got)
            check(sent(show, int(value)) == got and sent(show, numpy.array(value)) == got, space)
            continue
        if key == "obs_2d":
            rows, columns, channels = view["size"]
            pixels = numpy.frombuffer(bytes.fromhex(got), numpy.uint8).reshape(rows, columns, channels)
            if value.ndim == 2:
                value = value[:, :, None]
            elif value.shape != pixels.shape:
                value = value.transpose(1, 2, 0)
            check(numpy.array_equal(pixels, value), space)
            continue
        row = expected(space, value)
        check(view == {"space": "box", "size": [len(row)]}, space, view)
        check(numpy.array_equal(numpy.array(got, numpy.float64), row), space, value, got)
        # The trainer's floats have 32 bits, and nothing else is lost.
        check(numpy.array_equal(numpy.array(got).astype(numpy.float32), row.astype(numpy.float32)), space)
        if real and not isinstance(space, MultiDiscrete):
            check(numpy.array_equal(spaces.flatten(space, value).astype(numpy.float32), row.astype(numpy.float32)), space)
        if isinstance(space, Box):
            check(sent(show, value.tolist()) == got, space)


def refuse(make, error, *words):
    try:
        make()
    except error as failure:
        check(all(word in str(failure) for word in words), str(failure), words)
        return
    raise AssertionError(f"not refused: {words}")


for n in (1, 2, 500):
    for start in (0, 3, -7):
        observe(Discrete(n, start=start))
        refuse(lambda: client._observation(Discrete(n, start=start))[2](start + n), ValueError, "does not contain")
        refuse(lambda: client._observation(Discrete(n, start=start))[2](start - 1), ValueError, "does not contain")
refuse(lambda: client._observation(Discrete(3))[2](1.5), ValueError, "1.5", "does not contain")
for nvec, start in (([3], [0]), ([3, 2], [1, -1]), ([[2, 3], [4, 1]], [[0, 5], [-3, 2]])):
    for dtype in (numpy.int64, numpy.int32, numpy.int8):
        observe(MultiDiscrete(numpy.array(nvec), dtype=dtype, start=numpy.array(start)))
observe(MultiDiscrete([5, 2, 2]))
refuse(lambda: client._observation(MultiDiscrete([3, 2]))[2](numpy.array([3, 0])), ValueError, "does not contain")
refuse(lambda: client._observation(MultiDiscrete([3, 2]))[2](numpy.array([0])), ValueError, "has 1 numbers", "has 2")
for n in (1, 20, (2, 3)):
    observe(MultiBinary(n))
refuse(lambda: client._observation(MultiBinary(2))[2](numpy.array([0, 2])), ValueError, "does not contain")

for dtype in INTEGERS:
    limits = numpy.iinfo(dtype)
    for low, high in ((0, 1), (-3, 5), (limits.min, limits.max)):
        if low >= limits.min:
            if not (real and high > 2**63 - 2):                     # Gymnasium itself cannot draw from these
                observe(Box(low, high, (2, 3), dtype))
            key, view, show = client._observation(Box(low, high, (2,), dtype))
            check(sent(show, numpy.array([low, high], dtype)) == [float(low), float(high)], dtype, low, high)
    if dtype.kind == "i":
        observe(Box(-INF, INF, (2,), dtype))
for dtype in FLOATS:
    for low, high in ((0, 1), (-2.5, 0.1), (-INF, INF), (0, INF), (-INF, 1)):
        for shape in ((), (1,), (3,), (2, 3), (2, 3, 4), (0,)):
            observe(Box(low, high, shape, dtype))
observe(Box(numpy.array([-1, -INF]), numpy.array([INF, 1]), dtype=numpy.float32))
observe(Box(numpy.array([-1e30, 0]), numpy.array([1e30, 1e-30]), dtype=numpy.float64))
if real:
    observe(Box(0, 1, (4,), bool))
for bad in (numpy.nan, INF, -INF):
    box = Box(-INF, INF, (2,))
    refuse(lambda: client._observation(box)[2](numpy.array([0, bad], numpy.float32)), ValueError, "must be finite")
refuse(lambda: client._observation(Box(0, 1, (2,)))[2](numpy.zeros(3)), ValueError, "has 3 numbers", "(2,)", "has 2")

# Pictures: bytes from 0 to 255, at least 13 rows and columns, and fewer than 13 channels at one end of the shape.
PICTURES = {(13, 13): [13, 13, 1], (84, 60): [84, 60, 1], (20, 30, 3): [20, 30, 3], (20, 30, 1): [20, 30, 1],
            (84, 84, 12): [84, 84, 12], (3, 20, 30): [20, 30, 3], (1, 20, 30): [20, 30, 1], (4, 84, 84): [84, 84, 4],
            (12, 13, 14): [13, 14, 12]}
for shape, size in PICTURES.items():
    observe(Box(0, 255, shape, numpy.uint8), samples=2)
    key, view, show = client._observation(Box(0, 255, shape, numpy.uint8))
    check((key, view["size"]) == ("obs_2d", size), shape, view)
    image = numpy.random.default_rng(1).integers(0, 256, shape).astype(numpy.uint8)
    check(show(image) == show(image.tolist()) == show(numpy.asfortranarray(image)) == show(image.astype(int)), shape)
    refuse(lambda: show(image[:-1]), ValueError, "bytes")
# Boards: what is small, or has other bounds or another type, is numbers.
for shape, low, high, dtype in (
        ((3, 3), 0, 2, numpy.uint8), ((8, 8, 12), 0, 1, numpy.uint8), ((19, 19), 0, 2, numpy.uint8),
        ((12, 12), 0, 255, numpy.uint8), ((12, 20, 3), 0, 255, numpy.uint8), ((3, 12, 20), 0, 255, numpy.uint8),
        ((20, 20, 20), 0, 255, numpy.uint8), ((20, 3, 20), 0, 255, numpy.uint8), ((128,), 0, 255, numpy.uint8),
        ((20, 30, 3), 0, 255, numpy.int16), ((20, 30, 3), 0, 1, numpy.float32), ((2, 2, 20, 20), 0, 255, numpy.uint8)):
    observe(Box(low, high, shape, dtype), samples=2)
    check(client._observation(Box(low, high, shape, dtype))[0] == "obs", shape)

observe(spaces.Dict({"place": Box(-1, 1, (2,)), "room": Discrete(4, start=1), "lights": MultiBinary(3)}))
observe(spaces.Tuple((Discrete(32), Discrete(11), Discrete(2))))
observe(spaces.Dict({"a": spaces.Tuple((MultiDiscrete([2, 3]), Box(0, 9, (2, 2), numpy.int32))),
                     "b": spaces.Dict({"c": Discrete(2)})}))
picture = Box(0, 255, (20, 20, 3), numpy.uint8)
refuse(lambda: client._observation(spaces.Dict({"eye": picture, "speed": Box(0, 1, (1,))})), TypeError, "'eye'", "picture")
OTHERS = {"Text": spaces.Text(8), "Sequence": spaces.Sequence(Discrete(3)),
          "Graph": spaces.Graph(Box(0, 1, (2,)), Discrete(2)), "OneOf": spaces.OneOf((Discrete(2), Discrete(3)))}
for name, space in OTHERS.items():
    refuse(lambda: client._observation(space), TypeError, name, "cannot be passed on")
    refuse(lambda: client._actions(space, "action"), TypeError, name, "cannot be decided")
    refuse(lambda: client._observation(spaces.Dict({"x": Discrete(2), "y": space})), TypeError, name)
    refuse(lambda: client._actions(spaces.Tuple((Discrete(2), space)), "action"), TypeError, name)


# ---- actions --------------------------------------------------------------------------------------------------------

def act(space, decisions=40):
    """Decides at random and at the ends; returns the keys and what makes an action of a decision."""
    keys, read = client._actions(space, "action")
    json.dumps(keys)
    random = numpy.random.default_rng(3)
    for number in range(decisions):
        def decide(key):
            if key["action_type"] == "discrete":
                return int((0, key["size"] - 1, random.integers(key["size"]))[min(number, 2)])
            return [float(numpy.float32(one)) for one in
                    ([-1] * key["size"], [1] * key["size"], random.uniform(-1, 1, key["size"]))[min(number, 2)]]
        action = read(json.loads(json.dumps({name: decide(key) for name, key in keys.items()})))
        check(space.contains(action), space, action)
    return keys, read


for n in (1, 2, 500):
    for start in (0, 3, -7):
        keys, read = act(Discrete(n, start=start))
        check(keys == {"action": {"action_type": "discrete", "size": n}}, keys)
        check([read({"action": k}) for k in range(n)] == [start + k for k in range(n)], n, start)
for nvec, start in (([3], [0]), ([3, 2], [1, -1]), ([[2, 3], [4, 1]], [[0, 5], [-3, 2]])):
    for dtype in (numpy.int64, numpy.int32, numpy.int8):
        space = MultiDiscrete(numpy.array(nvec), dtype=dtype, start=numpy.array(start))
        keys, read = act(space)
        check([key["size"] for key in keys.values()] == numpy.ravel(nvec).tolist(), keys)
        check(numpy.array_equal(read({name: 0 for name in keys}), start), space)
        check(read({name: 0 for name in keys}).dtype == dtype, space)
for n in (1, 20, (2, 3)):
    keys, read = act(MultiBinary(n))
    check([key["size"] for key in keys.values()] == [2] * numpy.prod(n), keys)
    check(numpy.array_equal(read({name: 1 for name in keys}), numpy.ones(n)), n)

for dtype in INTEGERS:
    limits = numpy.iinfo(dtype)
    for low, high in ((0, 1), (-1, 1), (-3, 5), (7, 7), (limits.min, limits.max), (limits.max - 2, limits.max),
                      (limits.min, limits.min + 2)):
        if low < limits.min or (real and high > 2**63 - 2):
            continue
        space = Box(low, high, (2, 2), dtype)
        count = int(high) - int(low) + 1
        if count > 1 << 24:
            refuse(lambda: client._actions(space, "action"), TypeError, str(dtype), f"among {count} whole numbers")
            continue
        keys, read = act(space)
        ends = [read({"action": [end] * 4}) for end in (-1.0, 1.0)]
        check(ends[0].min() == low and ends[1].max() == high and ends[0].dtype == dtype, space, ends)
        if count <= 9:
            grid = (numpy.arange(count * 50) + 0.5) / (count * 25) - 1
            values, times = numpy.unique([int(read({"action": [one] * 4})[0, 0]) for one in grid], return_counts=True)
            check(values.tolist() == list(range(int(low), int(high) + 1)), space, values)
            check(set(times.tolist()) == {50}, space, times)        # each whole number has an equal part
    if dtype.kind == "i":
        for low, high in ((-INF, INF), (0, INF), (-INF, 0)):
            refuse(lambda: client._actions(Box(low, high, (2,), dtype), "action"), TypeError, str(dtype), "no bounds")
for dtype in FLOATS:
    for low, high in ((-1, 1), (0, 1), (-2.5, 0.1), (1 / 3, 2 / 3), (0.1, 0.1), (-6e4, 6e4)):
        for shape in ((), (1,), (2, 3)):
            space = Box(low, high, shape, dtype)
            keys, read = act(space, decisions=200)
            size = keys["action"]["size"]
            check(size == numpy.prod(shape), keys)
            check(numpy.array_equal(read({"action": [-1] * size}), space.low), space)
            check(numpy.array_equal(read({"action": [1] * size}), space.high), space)
            check(read({"action": [0] * size}).dtype == dtype and read({"action": [0] * size}).shape == shape, space)
    for low, high in ((-INF, INF), (0, INF), (-INF, 1)):
        refuse(lambda: client._actions(Box(low, high, (2,), dtype), "action"), TypeError, str(dtype), "no bounds")
    refuse(lambda: client._actions(Box(0, 1, (0,), dtype), "action"), TypeError, "nothing to decide")
refuse(lambda: client._actions(Box(-1e300, 1e300, (1,), numpy.float64), "action"), TypeError, "no bounds")
# Neighbours of the ends: rounding must not lead beyond them.
for seed in range(200):
    random = numpy.random.default_rng(seed)
    low = random.normal(0, 10 ** random.uniform(-6, 6), 5)
    space = Box(low, low + 10 ** random.uniform(-9, 6), dtype=numpy.float64)
    for number in (-1.0, 1.0, numpy.nextafter(1, 0), float(numpy.float32(0.99999994)), 1.5, -3.0):
        check(space.contains(client._actions(space, "action")[1]({"action": [float(number)] * 5})), space, number)
if real:
    act(Box(0, 1, (4,), bool))

keys, read = act(spaces.Dict({"lever": Discrete(3, start=2), "stick": Box(-2, 2, (2,)), "keys": MultiBinary(2)}))
check(sorted(key["action_type"] for key in keys.values()) == ["continuous"] + ["discrete"] * 3, keys)
act(spaces.Tuple((Discrete(2), spaces.Tuple((MultiDiscrete([2, 3]), Discrete(4, start=-1))))))
check(len(act(spaces.Tuple((spaces.Tuple((Discrete(2),) * 12),) * 2))[0]) == 24)

print(f"{checks} checks")
