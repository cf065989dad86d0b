"""Environments with the interface of Gymnasium, served by the file that users copy. Gymnasium itself is not needed."""
import argparse
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients" / "python"))
from rlsquared_env import serve  # noqa: E402


class Discrete:
    def __init__(self, n, start=0):
        self.n, self.start = n, start


class MultiDiscrete:
    def __init__(self, nvec):
        self.nvec, self.shape = nvec, (len(nvec),)


class Box:
    def __init__(self, low, high, shape, dtype="float32"):
        self.low, self.high, self.shape, self.dtype = [low] * shape[0], [high] * shape[0], shape, dtype


class Arms:
    """Two arms, of which the trial's number says the good one; counted from 3 on. An episode is two pulls."""
    observation_space, action_space = Discrete(2), Discrete(2, start=3)

    def reset(self, seed=None, options=None):
        options = options or {"trial": 0, "episode": 0}
        assert (seed is not None) == (options["episode"] == 0) or options["trial"] == 0, (seed, options)
        self.good, self.pulls = 3 + random.Random(options["trial"]).randrange(2), 0
        return 0, {}

    def step(self, action):
        assert action in (3, 4), action
        self.pulls += 1
        return self.pulls % 2, float(action == self.good), self.pulls == 2, False, {}


class Target:
    """A number from 5 to 9 to be found, which the trial draws; what is paid tells how far off the last guess was."""
    observation_space, action_space = Box(-1, 1, (1,)), Box(5, 9, (1,))

    def reset(self, seed=None, options=None):
        self.target = random.Random((options or {"trial": 0})["trial"]).uniform(5, 9)
        return [0.0], {}

    def step(self, action):
        assert 5 <= action[0] <= 9, action
        return [(action[0] - self.target) / 4], 1 - abs(action[0] - self.target), False, False, {}


class Locks:
    """Two choices of three and two options; the mask leaves one of each, and anything else is an error."""
    observation_space, action_space = Box(0, 255, (14, 14), "uint8"), MultiDiscrete([3, 2])

    def reset(self, seed=None, options=None):
        self.draws, self.steps = random.Random(seed), 0
        return self.show()

    def show(self):
        self.open = [self.draws.randrange(3), self.draws.randrange(2)]
        mask = [option == self.open[0] for option in range(3)] + [option == self.open[1] for option in range(2)]
        return [[255 * (row == self.open[0]) for column in range(14)] for row in range(14)], {"action_mask": mask}

    def step(self, action):
        assert list(action) == self.open, (action, self.open)
        self.steps += 1
        observation, info = self.show()
        return observation, 1.0, False, self.steps == 3, info


class Faulty(Arms):
    """Does something wrong, as environments of users do."""
    fault = ""

    def reset(self, seed=None, options=None):
        observation, info = super().reset(seed, options)
        return observation, ({} if self.fault == "no-first-mask" else {"action_mask": [True, True]})

    def step(self, action):
        if self.fault == "exception":
            raise KeyError("no such arm")
        if self.fault == "nothing":
            return None
        observation, reward, terminated, truncated, info = super().step(action)
        info["action_mask"] = [True, True]
        if self.fault == "no-mask":
            info = {}
        elif self.fault == "no-mask-at-end" and terminated:
            info = {}
        elif self.fault == "short-mask":
            info = {"action_mask": [True]}
        elif self.fault == "state":
            observation = 2
        elif self.fault == "reward":
            reward = float("inf")
        return observation, reward, terminated, truncated, info


class WithoutOptions(Arms):
    """An environment whose author has left out what Gymnasium asks for."""

    def reset(self, seed=None):
        return super().reset(seed)


class Drawn:
    """Observations are drawn from their space, and actions must lie in theirs; the spaces are of numpy."""

    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space
        observation_space.seed(3)

    def reset(self, seed=None, options=None):
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action), (action, self.action_space)
        self.steps += 1
        return self.observation_space.sample(), 1.0, self.steps == 3, False, {}


def drawn(name):
    import numpy
    import spaces
    box, uint8 = spaces.Box, numpy.uint8
    return {
        "states": lambda: Drawn(spaces.Discrete(500, start=-3), spaces.Discrete(6, start=2)),
        "choices": lambda: Drawn(spaces.MultiDiscrete([3, 2], start=[1, -1]), spaces.MultiDiscrete([[2, 3], [2, 2]])),
        "bits": lambda: Drawn(spaces.MultiBinary(5), spaces.MultiBinary((2, 2))),
        "whole": lambda: Drawn(box(-5, 5, (2, 2), numpy.int64), box(-1, 1, (3,), numpy.int8)),
        "floats": lambda: Drawn(box(-numpy.inf, numpy.inf, (4,), numpy.float64), box(0.1, 0.7, (2,), numpy.float64)),
        "board": lambda: Drawn(box(0, 2, (3, 3), uint8), spaces.Discrete(9)),
        "picture": lambda: Drawn(box(0, 255, (3, 13, 14), uint8), spaces.Discrete(2)),
        "mixed": lambda: Drawn(
            spaces.Tuple((spaces.Discrete(3), box(0, 1, (2,)))),
            spaces.Dict({"aim": box(-2, 2, (2,)), "fire": spaces.Discrete(2), "throttle": box(0, 9, (1,), numpy.int32)})),
        "text": lambda: Drawn(spaces.Text(5), spaces.Discrete(2)),
        "unbounded": lambda: Drawn(spaces.Discrete(2), box(-numpy.inf, numpy.inf, (2,), numpy.int32)),
        "many": lambda: Drawn(spaces.Discrete(2), spaces.MultiBinary(65)),
    }[name]


parser = argparse.ArgumentParser()
parser.add_argument("environment", help="Arms, Target, Locks, Faulty:FAULT, WithoutOptions, or drawn:NAME")
parser.add_argument("--port", type=int, default=11008)
parser.add_argument("--copies", type=int, default=8)
arguments = parser.parse_args()
name, _, more = arguments.environment.partition(":")
Faulty.fault = more
make = drawn(more) if name == "drawn" else globals()[name]
serve(make, copies=arguments.copies, port=arguments.port, timeout=30)
