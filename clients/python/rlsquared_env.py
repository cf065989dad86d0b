"""Lets RLSquared train on Gymnasium environments of this process. Copy this file; it needs Python 3.9 and nothing else.

    import gymnasium
    from rlsquared_env import serve

    serve(lambda: gymnasium.make("CartPole-v1"), copies=8)          # while: rl2 train remote --set port=11008

The trainer listens and this side connects; it returns when the trainer says goodbye. Environments need `reset(seed=,
options=) -> (observation, info)`, `step(action) -> (observation, reward, terminated, truncated, info)` and the two spaces.
A trial is several episodes of one task: `reset` is given `options={"trial": number, "episode": 0, 1, ...}`, and with
episode 0 also `seed=number`. An environment that has many tasks draws one from the trial's number; others ignore it.
Where `info["action_mask"]` is there after the first reset, it must be there always: a list of truth values, one for each
option of each choice.
"""
import json
import socket
import struct
import time


def serve(make, copies=1, host="127.0.0.1", port=11008, timeout=60.0):
    """Connects to the trainer, plays what it decides in `copies` environments, and returns when it is done."""
    environments = [make() for _ in range(copies)]
    try:
        with _connect(host, port, timeout) as connection:
            _Agents(environments, connection).serve()
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


class _Agents:
    def __init__(self, environments, connection):
        self.environments, self.connection = environments, connection
        self.view, self.key, self.show = _observation(environments[0].observation_space)
        self.actions, self.read = _actions(environments[0].action_space)
        first = [environment.reset() for environment in environments]
        self.observations, self.infos = [list(values) for values in zip(*first)]
        self.masks = "action_mask" in self.infos[0]
        self.seeds, self.steps, self.episodes = [0] * len(first), [0] * len(first), [0] * len(first)
        self.episodes_of_trial = self.most_steps = 0

    def serve(self):
        while (message := self.receive()) is not None and message["type"] != "close":
            kind = message["type"]
            if kind == "env_info":
                self.send({"type": "env_info", "n_agents": len(self.environments), "trials": True,
                           "action_mask": self.masks, "observation_space": {self.key: self.view},
                           "action_space": self.actions})
            elif kind == "reset":
                self.episodes_of_trial, self.most_steps = message["episodes"], message["max_steps"]
                for agent, seed in enumerate(message["seeds"]):
                    self.seeds[agent], self.episodes[agent] = seed, 0
                    self.reset(agent, seed=seed)
                self.send({"type": "reset", **self.seen()})
            elif kind == "action":
                results = [self.step(agent, action) for agent, action in enumerate(message["action"])]
                rewards, terminated, truncated = zip(*results)
                self.send({"type": "step", **self.seen(), "reward": rewards, "truncated": truncated,
                           "done": [term or trunc for term, trunc in zip(terminated, truncated)]})
            elif kind != "handshake":
                raise ValueError(f"the trainer sent a message of unknown type {kind!r}")

    def reset(self, agent, **seed):
        options = {"trial": self.seeds[agent], "episode": self.episodes[agent]}
        self.observations[agent], self.infos[agent] = self.environments[agent].reset(options=options, **seed)
        self.steps[agent] = 0

    def step(self, agent, action):
        if action is None:                                          # this trial is over; others are not yet
            return 0.0, False, False
        observation, reward, terminated, truncated, info = self.environments[agent].step(self.read(action))
        self.observations[agent], self.infos[agent] = observation, info
        self.steps[agent] += 1
        terminated = bool(terminated)
        truncated = not terminated and (bool(truncated) or self.steps[agent] == self.most_steps)
        if terminated or truncated:
            self.episodes[agent] += 1
            if self.episodes[agent] < self.episodes_of_trial:       # the next episode's first observation counts
                self.reset(agent)
        return float(reward), terminated, truncated

    def seen(self):
        result = {"obs": [{self.key: self.show(observation)} for observation in self.observations]}
        if self.masks:
            result["action_mask"] = [[bool(allowed) for allowed in _flat(info["action_mask"])] for info in self.infos]
        return result

    def send(self, message):
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        self.connection.sendall(struct.pack("<I", len(data)) + data)

    def receive(self):
        length = self.read_bytes(4)
        data = length and self.read_bytes(struct.unpack("<I", length)[0])
        return json.loads(data) if data else None

    def read_bytes(self, count):
        data = bytearray()
        while len(data) < count:
            try:
                part = self.connection.recv(min(count - len(data), 1 << 20))
            except ConnectionResetError:
                part = b""
            if not part:
                return None                                         # the trainer is gone
            data += part
        return bytes(data)


def _observation(space):
    """The space as the trainer reads it, its key, and what turns an observation into JSON."""
    if hasattr(space, "n"):
        start = int(getattr(space, "start", 0))
        return {"space": "discrete", "size": int(space.n)}, "obs", lambda value: int(value) - start
    if not hasattr(space, "low"):
        raise TypeError(f"observations must be Discrete or Box, not {space}; flatten them with a wrapper")
    size = list(space.shape)
    if "uint8" in str(getattr(space, "dtype", "")) and len(size) in (2, 3):
        return {"space": "box", "size": size}, "obs_2d", lambda value: bytes(map(int, _flat(value))).hex() \
            if not hasattr(value, "tobytes") else value.tobytes().hex()
    return {"space": "box", "size": size}, "obs", lambda value: [float(number) for number in _flat(value)]


def _actions(space):
    """The space as the trainer reads it, and what turns its decision into the environment's action."""
    if hasattr(space, "n"):
        start = int(getattr(space, "start", 0))
        return {"action": {"action_type": "discrete", "size": int(space.n)}}, lambda action: action["action"] + start
    if hasattr(space, "nvec"):
        sizes = {f"action{k}": {"action_type": "discrete", "size": int(n)} for k, n in enumerate(_flat(space.nvec))}
        return sizes, lambda action: _array([action[key] for key in sizes])
    if not hasattr(space, "low"):
        raise TypeError(f"actions must be Discrete, MultiDiscrete or Box, not {space}")
    low, high = list(map(float, _flat(space.low))), list(map(float, _flat(space.high)))
    if not all(abs(bound) < 1e30 for bound in low + high):
        raise TypeError("each number of a Box of actions must have bounds")
    return {"action": {"action_type": "continuous", "size": len(low)}}, lambda action: _array(
        [a + (number + 1) / 2 * (b - a) for number, a, b in zip(action["action"], low, high)], space)


def _flat(value):
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, (list, tuple)):
        return [number for part in value for number in _flat(part)]
    return [value]


def _array(values, space=None):
    """An array where numpy is there, as environments of Gymnasium expect; else a list."""
    try:
        import numpy
    except ImportError:
        return values
    return numpy.asarray(values, getattr(space, "dtype", None)).reshape(getattr(space, "shape", None) or -1)
