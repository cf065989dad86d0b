"""Lets RLSquared train on Gymnasium environments of this process. Copy this file; it needs Python 3.9 and nothing else.

    import gymnasium
    from rlsquared_env import serve

    serve(lambda: gymnasium.make("CartPole-v1"), copies=8)          # while: rl2 train remote --set port=11008

The trainer listens and this side connects; it returns when the trainer says goodbye. A trial is several episodes of one
task: `reset` is given `options={"trial": number, "episode": 0, 1, ...}`, and with episode 0 also `seed=number`.
Environments with many tasks draw one from the trial's number; others ignore it. Where `info["action_mask"]` is there
after the first reset, it must be there always: a list of truth values, one for each option of each choice.
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
    except ConnectionResetError:
        pass                                                        # the trainer ended without a goodbye
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
        self.environments, self.stream = environments, connection.makefile("rwb")
        self.key, self.view, self.show = _observation(environments[0].observation_space)
        self.actions, self.read = _actions(environments[0].action_space)
        self.observations, self.infos = map(list, zip(*(environment.reset() for environment in environments)))
        self.masks = "action_mask" in self.infos[0]
        self.trials, self.episodes, self.steps = ([0] * len(environments) for _ in range(3))

    def serve(self):
        while (message := self.receive()) is not None and message["type"] != "close":
            if message["type"] == "env_info":
                self.send({"type": "env_info", "n_agents": len(self.environments), "trials": True,
                           "action_mask": self.masks, "observation_space": {self.key: self.view},
                           "action_space": self.actions})
            elif message["type"] == "reset":
                self.trials, self.episodes = message["seeds"], [0] * len(self.environments)
                self.most_episodes, self.most_steps = message["episodes"], message["max_steps"]
                for agent, seed in enumerate(self.trials):
                    self.reset(agent, seed=seed)
                self.send({"type": "reset", **self.seen()})
            elif message["type"] == "action":
                results = [self.step(agent, action) for agent, action in enumerate(message["action"])]
                reward, done, truncated = zip(*results)
                self.send({"type": "step", **self.seen(), "reward": reward, "done": done, "truncated": truncated})
            elif message["type"] != "handshake":
                raise ValueError(f"the trainer sent a message of the unknown type {message['type']!r}")

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
        truncated = not terminated and (bool(truncated) or self.steps[agent] >= self.most_steps)
        if terminated or truncated:
            self.episodes[agent] += 1
            if self.episodes[agent] < self.most_episodes:           # what is seen next is the next episode's beginning
                self.reset(agent)
        return float(reward), bool(terminated or truncated), truncated

    def seen(self):
        seen = {"obs": [{self.key: self.show(observation)} for observation in self.observations]}
        if self.masks:
            seen["action_mask"] = [[bool(allowed) for allowed in _flat(info["action_mask"])] for info in self.infos]
        return seen

    def send(self, message):
        data = json.dumps(message, allow_nan=False, separators=(",", ":")).encode()
        self.stream.write(struct.pack("<I", len(data)) + data)
        self.stream.flush()

    def receive(self):
        length = self.stream.read(4)
        data = self.stream.read(struct.unpack("<I", length)[0]) if len(length) == 4 else b""
        return json.loads(data) if data else None                   # None where the trainer is gone


def _observation(space):
    """The key, the space as the trainer reads it, and what turns an observation into JSON."""
    if hasattr(space, "n"):
        return "obs", {"space": "discrete", "size": int(space.n)}, lambda value: int(value) - getattr(space, "start", 0)
    if not hasattr(space, "low"):
        raise TypeError(f"observations must be Discrete or Box, not {space}; flatten them with a wrapper")
    box = {"space": "box", "size": list(space.shape)}
    if "uint8" in str(space.dtype) and len(space.shape) in (2, 3):                              # an image
        return "obs_2d", box, lambda value: bytes(_flat(value)).hex()
    return "obs", box, lambda value: [float(number) for number in _flat(value)]


def _actions(space):
    """The space as the trainer reads it, and what turns its decision into the environment's action."""
    if hasattr(space, "n"):
        start = getattr(space, "start", 0)
        return {"action": {"action_type": "discrete", "size": int(space.n)}}, lambda action: action["action"] + start
    if hasattr(space, "nvec"):
        choices = {f"action{k}": {"action_type": "discrete", "size": n} for k, n in enumerate(_flat(space.nvec))}
        return choices, lambda action: _array([action[key] for key in choices], space)
    if not hasattr(space, "low") or not all(abs(bound) < 1e30 for bound in _flat(space.low) + _flat(space.high)):
        raise TypeError(f"actions must be Discrete, MultiDiscrete or a Box with bounds, not {space}")
    bounds = list(zip(_flat(space.low), _flat(space.high)))
    return {"action": {"action_type": "continuous", "size": len(bounds)}}, lambda action: _array(
        [low + (number + 1) / 2 * (high - low) for number, (low, high) in zip(action["action"], bounds)], space)


def _flat(value):
    value = value.tolist() if hasattr(value, "tolist") else value
    return [number for part in value for number in _flat(part)] if isinstance(value, (list, tuple)) else [value]


def _array(values, space):
    """An array where numpy is there, as environments of Gymnasium expect; else a list."""
    try:
        import numpy
    except ImportError:
        return values
    return numpy.asarray(values, getattr(space, "dtype", None)).reshape(space.shape)
