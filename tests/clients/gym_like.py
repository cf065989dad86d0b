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


parser = argparse.ArgumentParser()
parser.add_argument("environment", choices=["Arms", "Target", "Locks"])
parser.add_argument("--port", type=int, default=11008)
parser.add_argument("--copies", type=int, default=8)
arguments = parser.parse_args()
serve(globals()[arguments.environment], copies=arguments.copies, port=arguments.port, timeout=30)
