"""The spaces of Gymnasium as its documentation describes them, as far as a client looks at them; needs numpy alone.

They stand in where Gymnasium is not installed, so that the client is tested against the same attributes: numpy arrays
for bounds, numpy integers for sizes and starts, and what `contains` accepts.
"""
import numpy


class Space:
    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, None if dtype is None else numpy.dtype(dtype)

    def seed(self, seed):
        self.random = numpy.random.default_rng(seed)
        for number, part in enumerate(self.parts()):
            part.seed(seed + 1 + number)

    def parts(self):
        return []


class Discrete(Space):
    def __init__(self, n, start=0):
        super().__init__((), numpy.int64)
        self.n, self.start = numpy.int64(n), numpy.int64(start)

    def sample(self):
        return self.start + self.random.integers(self.n)

    def contains(self, value):
        whole = isinstance(value, (int, numpy.integer)) and not isinstance(value, bool)
        return bool(whole and self.start <= value < self.start + self.n)

    def __repr__(self):
        return f"Discrete({self.n}, start={self.start})"


class MultiDiscrete(Space):
    def __init__(self, nvec, dtype=numpy.int64, start=None):
        self.nvec = numpy.array(nvec, dtype=dtype)
        self.start = numpy.zeros_like(self.nvec) if start is None else numpy.array(start, dtype=dtype)
        super().__init__(self.nvec.shape, dtype)

    def sample(self):
        return (self.start + self.random.integers(self.nvec)).astype(self.dtype)

    def contains(self, value):
        return (isinstance(value, numpy.ndarray) and value.shape == self.shape and value.dtype.kind in "iu"
                and bool(numpy.all((self.start <= value) & (value - self.start < self.nvec))))

    def __repr__(self):
        return f"MultiDiscrete({self.nvec.tolist()}, start={self.start.tolist()})"


class MultiBinary(Space):
    def __init__(self, n):
        self.n = n
        super().__init__((n,) if isinstance(n, int) else tuple(n), numpy.int8)

    def sample(self):
        return self.random.integers(0, 2, self.shape).astype(self.dtype)

    def contains(self, value):
        return (isinstance(value, numpy.ndarray) and value.shape == self.shape
                and bool(numpy.all((value == 0) | (value == 1))))

    def __repr__(self):
        return f"MultiBinary({self.n})"


class Box(Space):
    def __init__(self, low, high, shape=None, dtype=numpy.float32):
        shape = shape if shape is not None else numpy.shape(low) or numpy.shape(high) or (1,)
        super().__init__(tuple(shape), dtype)
        low, high = numpy.broadcast_to(low, self.shape), numpy.broadcast_to(high, self.shape)
        self.bounded_below, self.bounded_above = numpy.array(low > -numpy.inf), numpy.array(high < numpy.inf)
        self.low, self.high = self.bounds(low, "min"), self.bounds(high, "max")

    # Whole numbers have no infinity, so that an infinite bound becomes the type's own.
    def bounds(self, bound, side):
        if self.dtype.kind == "f" or numpy.all(numpy.isfinite(numpy.asarray(bound, float))):
            return numpy.array(bound).astype(self.dtype)
        limit = getattr(numpy.iinfo(self.dtype), side)
        return numpy.array([limit if numpy.isinf(one) else one for one in bound.ravel()]).astype(self.dtype).reshape(
            self.shape)

    def sample(self):
        if self.dtype.kind == "f":
            low = numpy.where(self.bounded_below, self.low, -3).astype(float)
            high = numpy.where(self.bounded_above, self.high, 3).astype(float)
            value = (low + (high - low) * self.random.random(self.shape)).astype(self.dtype)
            return numpy.clip(value, self.low, self.high)
        low, high = self.low.astype(object).ravel(), self.high.astype(object).ravel()
        steps = [int(self.random.integers(min(int(h) - int(l), 1 << 40) + 1)) for l, h in zip(low, high)]
        value = numpy.array([int(l) + step for l, step in zip(low, steps)], dtype=object)
        return value.astype(self.dtype).reshape(self.shape)

    def contains(self, value):
        return (isinstance(value, numpy.ndarray) and value.shape == self.shape
                and numpy.can_cast(value.dtype, self.dtype)
                and bool(numpy.all(value >= self.low) and numpy.all(value <= self.high)))

    def __repr__(self):
        return f"Box({self.low.min(initial=0)}, {self.high.max(initial=0)}, {self.shape}, {self.dtype})"


class Dict(Space):
    def __init__(self, spaces):
        super().__init__(None, None)
        self.spaces = spaces

    def parts(self):
        return self.spaces.values()

    def sample(self):
        return {name: space.sample() for name, space in self.spaces.items()}

    def contains(self, value):
        return value.keys() == self.spaces.keys() and all(
            space.contains(value[name]) for name, space in self.spaces.items())

    def __repr__(self):
        return f"Dict({self.spaces})"


class Tuple(Space):
    def __init__(self, spaces):
        super().__init__(None, None)
        self.spaces = tuple(spaces)

    def parts(self):
        return self.spaces

    def sample(self):
        return tuple(space.sample() for space in self.spaces)

    def contains(self, value):
        return len(value) == len(self.spaces) and all(
            space.contains(part) for space, part in zip(self.spaces, value))

    def __repr__(self):
        return f"Tuple{self.spaces}"


class Text(Space):
    def __init__(self, max_length):
        super().__init__(None, str)
        self.max_length = max_length

    def __repr__(self):
        return f"Text(1, {self.max_length})"


class Sequence(Space):
    def __init__(self, space):
        super().__init__(None, None)
        self.feature_space = space

    def __repr__(self):
        return f"Sequence({self.feature_space})"


class Graph(Space):
    def __init__(self, node_space, edge_space):
        super().__init__(None, None)
        self.node_space, self.edge_space = node_space, edge_space

    def __repr__(self):
        return f"Graph({self.node_space}, {self.edge_space})"


class OneOf(Space):
    def __init__(self, spaces):
        super().__init__(None, None)
        self.spaces = tuple(spaces)

    def __repr__(self):
        return f"OneOf{self.spaces}"
