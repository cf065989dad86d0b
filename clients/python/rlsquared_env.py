"""Lets RLSquared train on Gymnasium environments of this process. Copy this file; it needs Python 3.9 and nothing else.

    import gymnasium
    from rlsquared_env import serve

    serve(lambda: gymnasium.make("CartPole-v1"), copies=8)          # while: rl2 train remote --set port=11008

The trainer listens and this side connects; it returns when the trainer says goodbye. A trial is several episodes of one
task: `reset` is given `options={"trial": number, "episode": 0, 1, ...}`, and with episode 0 also `seed=number`.
Environments with many tasks draw one from the trial's number; others ignore it. Where `info["action_mask"]` is there
after the first reset, it must be there always: a list of truth values, one for each option of each choice.

What cannot be passed on exactly is refused by name. An error of an environment ends the training with its text.
"""
import json
import math
import os
import socket
import struct
import time
import traceback


def serve(make, copies=1, host="127.0.0.1", port=11008, timeout=60.0):
    """Connects to the trainer, plays what it decides in `copies` environments, and returns when it is done."""
    if copies < 1:
        raise ValueError(f"copies must be at least 1, but is {copies}")
    environments = []
    try:
        for _ in range(copies):
            environments.append(make())
        agents = _Agents(environments)          # a space that is refused is refused here, before anybody is called
        with _connect(host, port, timeout) as connection:
            trainer = _Trainer(connection)
            try:
                agents.serve(trainer)
            except _TrainerIsGone:
                pass
            except Exception as failure:
                trainer.tell(failure)
                raise
    finally:
        for environment in environments:
            getattr(environment, "close", lambda: None)()


def _connect(host, port, timeout):
    deadline = time.monotonic() + timeout
    while True:
        try:
            connection = socket.create_connection((host, port), timeout)
            connection.settimeout(None)             # how long the trainer learns between two steps is its own affair
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError as failure:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no trainer listens on {host}:{port}; start it: rl2 train remote") from failure
            time.sleep(0.1)


class _TrainerIsGone(Exception):
    """The trainer has ended without a goodbye."""


class _Trainer:
    def __init__(self, connection):
        self.connection, self.stream = connection, connection.makefile("rwb")

    def send(self, message):
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        try:
            self.stream.write(struct.pack("<I", len(data)) + data)
            self.stream.flush()
        except OSError as failure:
            raise _TrainerIsGone from failure

    def receive(self):
        return json.loads(self.read(struct.unpack("<I", self.read(4))[0]))

    def read(self, count):
        try:
            data = self.stream.read(count)
        except OSError as failure:
            raise _TrainerIsGone from failure
        if len(data) < count:
            raise _TrainerIsGone
        return data

    def tell(self, failure):
        """Says why this side ends, and waits until the trainer has read it."""
        last = traceback.extract_tb(failure.__traceback__)[-1]
        where = f"{os.path.basename(last.filename)}, line {last.lineno}, in {last.name}"
        try:
            self.send({"type": "error", "message": f"{type(failure).__name__}: {failure} ({where})"})
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(5)
            while self.connection.recv(65536):
                pass
        except (OSError, _TrainerIsGone):
            pass


class _Agents:
    def __init__(self, environments):
        self.environments = environments
        self.key, self.view, self.show = _observation(environments[0].observation_space)
        self.actions, self.read = _actions(environments[0].action_space, "action")
        self.options = [key["size"] for key in self.actions.values() if key["action_type"] == "discrete"]
        self.observations, self.infos = map(list, zip(*(environment.reset() for environment in environments)))
        self.masks = "action_mask" in self.infos[0]
        self.trials, self.episodes, self.steps = ([0] * len(environments) for _ in range(3))
        self.most_episodes = 1

    def serve(self, trainer):
        while (message := trainer.receive())["type"] != "close":
            if message["type"] == "env_info":
                trainer.send({"type": "env_info", "n_agents": len(self.environments), "trials": True,
                              "action_mask": self.masks, "observation_space": {self.key: self.view},
                              "action_space": self.actions})
            elif message["type"] == "reset":
                self.trials, self.episodes = message["seeds"], [0] * len(self.environments)
                self.most_episodes, self.most_steps = message["episodes"], message["max_steps"]
                for agent, seed in enumerate(self.trials):
                    self.reset(agent, seed=seed)
                trainer.send({"type": "reset", **self.seen()})
            elif message["type"] == "action":
                results = [self.step(agent, action) for agent, action in enumerate(message["action"])]
                reward, done, truncated = zip(*results)
                trainer.send({"type": "step", **self.seen(), "reward": reward, "done": done, "truncated": truncated})
            elif message["type"] != "handshake":
                raise ValueError(f"the trainer sent a message of the unknown type {message['type']!r}")
        if "reason" in message:
            raise RuntimeError(f"the trainer has ended: {message['reason']}")

    def reset(self, agent, **seed):
        options = {"trial": self.trials[agent], "episode": self.episodes[agent]}
        self.observations[agent], self.infos[agent] = self.environments[agent].reset(options=options, **seed)
        self.steps[agent] = 0

    def step(self, agent, action):
        if action is None:                                          # this trial is over; others are not yet
            return 0.0, False, False
        self.observations[agent], reward, terminated, truncated, self.infos[agent] = \
            self.environments[agent].step(self.read(action))
        self.steps[agent] += 1
        reward = float(reward)
        if not math.isfinite(reward):
            raise ValueError(f"environment {agent} paid {reward}; a reward is a finite number")
        truncated = not terminated and (bool(truncated) or self.steps[agent] >= self.most_steps)
        if terminated or truncated:
            self.episodes[agent] += 1
            if self.episodes[agent] < self.most_episodes:           # what is seen next is the next episode's beginning
                self.reset(agent)
        return reward, bool(terminated or truncated), truncated

    def seen(self):
        seen = {"obs": [{self.key: self.show(observation)} for observation in self.observations]}
        if self.masks:
            seen["action_mask"] = [self.mask(agent, info) for agent, info in enumerate(self.infos)]
        return seen

    def mask(self, agent, info):
        if self.episodes[agent] >= self.most_episodes:              # the trial is over, and nothing more is chosen
            return [True] * sum(self.options)
        where = f"environment {agent} (trial {self.trials[agent]}, episode {self.episodes[agent]}, " \
            f"step {self.steps[agent]})"
        if "action_mask" not in info:
            raise ValueError(f"the info of {where} has no action_mask; it is there always or never")
        mask = [bool(allowed) for allowed in _flat(info["action_mask"])]
        if len(mask) != sum(self.options):
            raise ValueError(f"the action_mask of {where} has {len(mask)} truth values; the options of all choices "
                             f"are {' + '.join(map(str, self.options))}")
        return mask


# ---- observations ---------------------------------------------------------------------------------------------------

_SMALLEST_PICTURE = 13                  # rows and columns; what has fewer channels than that can be a picture


def _observation(space):
    """The key, the space as the trainer reads it, and what turns an observation into JSON."""
    if _kind(space) == "Discrete":
        return "obs", {"space": "discrete", "size": int(space.n)}, _state(space)
    picture = _picture(space)
    if picture:
        return "obs_2d", {"space": "box", "size": picture[:3]}, lambda value: _pixels(value, space, *picture)
    width, write = _numbers(space)

    def show(value):
        numbers = write(value)
        if not all(map(math.isfinite, numbers)):
            raise ValueError(f"an observation holds {next(n for n in numbers if not math.isfinite(n))}, "
                             "and all its numbers must be finite")
        return numbers

    return "obs", {"space": "box", "size": [width]}, show


def _numbers(space):
    """How many numbers an observation becomes, and what makes a list of them; states become one-hot."""
    kind = _kind(space)
    if kind == "Discrete":
        size, state = int(space.n), _state(space)
        return size, lambda value: _one_hot(size, state(value))
    if kind == "MultiDiscrete":
        sizes, starts = _sizes(space)

        def write(value):
            states = [_whole(one, start, size, space)
                      for one, start, size in zip(_exactly(value, len(sizes), space), starts, sizes)]
            return [number for size, state in zip(sizes, states) for number in _one_hot(size, state)]

        return sum(sizes), write
    if kind == "MultiBinary":
        count = math.prod(space.shape)
        return count, lambda value: [_whole(bit, 0, 2, space) for bit in _exactly(value, count, space)]
    if kind == "Box":
        count = math.prod(space.shape)
        return count, lambda value: [float(number) for number in _exactly(value, count, space)]
    if kind in ("Dict", "Tuple"):
        named = list(space.spaces.items() if kind == "Dict" else enumerate(space.spaces))
        for name, part in named:
            if _picture(part):
                raise TypeError(f"the part {name!r} of {space} is a picture; an agent sees a picture or numbers, not "
                                "both: leave one of them out, or scale the picture to floats to have it as numbers")
        parts = [(name, *_numbers(part)) for name, part in named]
        return (sum(width for _, width, _ in parts),
                lambda value: [number for name, _, write in parts for number in write(value[name])])
    raise TypeError(f"observations of the space {space} cannot be passed on; they can be Discrete, MultiDiscrete, "
                    "MultiBinary, Box, or a Dict or Tuple of these: flatten others with a wrapper")


def _state(space):
    return lambda value: _whole(value, int(getattr(space, "start", 0)), int(space.n), space)


def _whole(value, start, size, space):
    """A value as one of 0 ... size - 1."""
    state = int(value) - start
    if state != value - start or not 0 <= state < size:
        raise ValueError(f"an observation holds {value}, which {space} does not contain")
    return state


def _one_hot(size, state):
    numbers = [0] * size
    numbers[state] = 1
    return numbers


def _exactly(value, count, space):
    numbers = _flat(value)
    if len(numbers) != count:
        raise ValueError(f"an observation has {len(numbers)} numbers, and {space} has {count}")
    return numbers


def _picture(space):
    """Rows, columns, channels, and whether the channels come first; None where it is no picture of bytes."""
    if _kind(space) != "Box" or "uint8" not in str(space.dtype) or len(space.shape) not in (2, 3) \
            or set(_flat(space.low)) != {0} or set(_flat(space.high)) != {255}:
        return None
    shape = [int(length) for length in space.shape]
    first, middle, last = shape if len(shape) == 3 else [*shape, 1]
    if last < _SMALLEST_PICTURE <= min(first, middle) and last > 0:
        return [first, middle, last, False]
    if first < _SMALLEST_PICTURE <= min(middle, last) and first > 0:
        return [middle, last, first, True]
    return None


def _pixels(value, space, rows, columns, channels, channels_first):
    """Two digits for each byte, row by row, the channels of a pixel beside each other."""
    is_bytes = str(getattr(value, "dtype", "")) == "uint8" and hasattr(value, "tobytes")
    data = value.tobytes() if is_bytes else bytes(map(int, _flat(value)))
    if len(data) != rows * columns * channels:
        raise ValueError(f"an observation has {len(data)} bytes, and {space} has {rows * columns * channels}")
    if channels_first:
        planes, data = data, bytearray(len(data))
        for channel in range(channels):
            data[channel::channels] = planes[channel * rows * columns:(channel + 1) * rows * columns]
    return data.hex()


# ---- actions --------------------------------------------------------------------------------------------------------

_MOST_WHOLE_NUMBERS = 1 << 24           # what the trainer's 32-bit floats tell apart


def _actions(space, name):
    """The keys that the trainer decides, and what turns its decision into the environment's action."""
    kind = _kind(space)
    if kind == "Discrete":
        start = int(getattr(space, "start", 0))
        return {name: {"action_type": "discrete", "size": int(space.n)}}, lambda action: action[name] + start
    if kind in ("MultiDiscrete", "MultiBinary"):
        sizes, starts = _sizes(space) if kind == "MultiDiscrete" else ([2] * math.prod(space.shape), None)
        starts = starts or [0] * len(sizes)
        keys = {f"{name}_{k}": {"action_type": "discrete", "size": size} for k, size in enumerate(sizes)}
        return keys, lambda action: _array([action[key] + start for key, start in zip(keys, starts)], space)
    if kind == "Box":
        bounds = list(zip(_flat(space.low), _flat(space.high)))
        is_whole = "int" in str(space.dtype) or "bool" in str(space.dtype)
        _require_bounds(space, bounds, is_whole)
        stretch = _stretch_whole if is_whole else _stretch
        return {name: {"action_type": "continuous", "size": len(bounds)}}, lambda action: _array(
            [stretch(number, low, high) for number, (low, high) in zip(action[name], bounds)], space)
    if kind in ("Dict", "Tuple"):
        names = list(space.spaces) if kind == "Dict" else range(len(space.spaces))
        parts = [_actions(space.spaces[part], f"{name}_{k}") for k, part in enumerate(names)]
        keys = {key: value for part, _ in parts for key, value in part.items()}
        if kind == "Dict":
            return keys, lambda action: {part: read(action) for part, (_, read) in zip(names, parts)}
        return keys, lambda action: tuple(read(action) for _, read in parts)
    raise TypeError(f"actions of the space {space} cannot be decided; they can be Discrete, MultiDiscrete, "
                    "MultiBinary, a Box with bounds, or a Dict or Tuple of these")


def _require_bounds(space, bounds, is_whole):
    bounded = [flag for side in ("bounded_below", "bounded_above") for flag in _flat(getattr(space, side, []))]
    if not all(bounded) or not all(abs(float(bound)) < 1e30 for pair in bounds for bound in pair):
        raise TypeError(f"actions of {space} have no bounds; give the Box a low and a high below 1e30")
    if not bounds:
        raise TypeError(f"actions of {space} hold nothing to decide")
    most = max(int(high) - int(low) + 1 for low, high in bounds) if is_whole else 0
    if most > _MOST_WHOLE_NUMBERS:
        raise TypeError(f"actions of {space} are among {most} whole numbers, and a number from -1 to 1 tells at most "
                        f"{_MOST_WHOLE_NUMBERS} apart; give the Box nearer bounds")


def _stretch(number, low, high):
    """From -1 ... 1 to low ... high, both of which are reached and never overstepped."""
    share = min(max((number + 1) / 2, 0.0), 1.0)
    return min(max(low * (1 - share) + high * share, low), high)


def _stretch_whole(number, low, high):
    """From -1 ... 1 to one of the whole numbers low ... high, each of which has an equal part."""
    low, count = int(low), int(high) - int(low) + 1
    return low + min(max(int((number + 1) / 2 * count), 0), count - 1)


# ---- spaces and arrays, with numpy or without ----------------------------------------------------------------------

def _kind(space):
    """Which of the known spaces it is, also where its class is derived from one; else the name of its own class."""
    known = ("Discrete", "MultiDiscrete", "MultiBinary", "Box", "Dict", "Tuple")
    return next((base.__name__ for base in type(space).__mro__ if base.__name__ in known), type(space).__name__)


def _sizes(space):
    """The options and the first value of each choice of a MultiDiscrete."""
    sizes = [int(size) for size in _flat(space.nvec)]
    start = getattr(space, "start", None)
    return sizes, [0] * len(sizes) if start is None else [int(first) for first in _flat(start)]


def _flat(value):
    if hasattr(value, "ravel"):                                     # an array, or a number of one
        return value.ravel().tolist()
    return [number for part in value for number in _flat(part)] if isinstance(value, (list, tuple)) else [value]


def _array(values, space):
    """An array where numpy is there, as environments of Gymnasium expect; else lists of that shape."""
    try:
        import numpy
    except ImportError:
        return _nested(values, list(space.shape))
    return numpy.asarray(values, getattr(space, "dtype", None)).reshape(space.shape)


def _nested(values, shape):
    if len(shape) < 2:
        return values if shape else values[0]
    part = math.prod(shape[1:])
    return [_nested(values[k * part:(k + 1) * part], shape[1:]) for k in range(shape[0])]
