#!/usr/bin/env python3
"""Golden trajectories of the four tasks of classic control, independent of RLSquared.

The equations are those that Gymnasium publishes for CartPole-v1, MountainCar-v0, Pendulum-v1 and Acrobot-v1, written
down once more with Python's own mathematics, which needs nothing installed. The tests
of the four tasks hold the printed numbers.

    python3 benchmarks/control/golden.py
"""
import math


def clip(x, low, high):
    return min(max(x, low), high)


def cartpole(state, action):
    x, v, a, w = state
    force = 10.0 if action == 1 else -10.0
    m, total, half = 0.1, 1.1, 0.5
    temp = (force + m * half * w**2 * math.sin(a)) / total
    acc = (9.8 * math.sin(a) - math.cos(a) * temp) / (half * (4.0 / 3.0 - m * math.cos(a) ** 2 / total))
    xacc = temp - m * half * acc * math.cos(a) / total
    return list([x + 0.02 * v, v + 0.02 * xacc, a + 0.02 * w, w + 0.02 * acc])


def mountain_car(state, action):
    x, v = state
    v = clip(v + (action - 1) * 0.001 + math.cos(3 * x) * -0.0025, -0.07, 0.07)
    x = clip(x + v, -1.2, 0.6)
    if x == -1.2 and v < 0:
        v = 0.0
    return list([x, v])


def pendulum(state, torque):
    th, w = state
    u = clip(torque, -2, 2)
    normal = ((th + math.pi) % (2 * math.pi)) - math.pi
    cost = normal**2 + 0.1 * w**2 + 0.001 * u**2
    w = clip(w + (3 * 10 / 2 * math.sin(th) + 3.0 * u) * 0.05, -8, 8)
    return list([th + w * 0.05, w]), -cost


def acrobot_slope(s, torque):
    m1 = m2 = l1 = inertia1 = inertia2 = 1.0
    c1 = c2 = 0.5
    g = 9.8
    t1, t2, d1t, d2t = s
    d1 = m1 * c1**2 + m2 * (l1**2 + c2**2 + 2 * l1 * c2 * math.cos(t2)) + inertia1 + inertia2
    d2 = m2 * (c2**2 + l1 * c2 * math.cos(t2)) + inertia2
    phi2 = m2 * c2 * g * math.cos(t1 + t2 - math.pi / 2.0)
    phi1 = (-m2 * l1 * c2 * d2t**2 * math.sin(t2) - 2 * m2 * l1 * c2 * d2t * d1t * math.sin(t2)
            + (m1 * c1 + m2 * l1) * g * math.cos(t1 - math.pi / 2) + phi2)
    a2 = (torque + d2 / d1 * phi1 - m2 * l1 * c2 * d1t**2 * math.sin(t2) - phi2) / (m2 * c2**2 + inertia2 - d2**2 / d1)
    a1 = -(d2 * a2 + phi1) / d1
    return list([d1t, d2t, a1, a2])


def acrobot(state, action):
    torque, dt = float(action - 1), 0.2
    k1 = acrobot_slope(state, torque)
    k2 = acrobot_slope([x + dt / 2 * k for x, k in zip(state, k1)], torque)
    k3 = acrobot_slope([x + dt / 2 * k for x, k in zip(state, k2)], torque)
    k4 = acrobot_slope([x + dt * k for x, k in zip(state, k3)], torque)
    s = [x + dt / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(state, k1, k2, k3, k4)]
    for i in range(2):
        while s[i] > math.pi:
            s[i] -= 2 * math.pi
        while s[i] < -math.pi:
            s[i] += 2 * math.pi
    s[2], s[3] = clip(s[2], -4 * math.pi, 4 * math.pi), clip(s[3], -9 * math.pi, 9 * math.pi)
    return s


def show(name, step, state):
    print(f"{name} after {step:3d}: " + ", ".join(f"{number:.12g}" for number in state))


s = list([0.01, -0.02, 0.03, -0.04])
for t in range(1, 61):
    s = cartpole(s, t * 7 % 3 % 2)
    if t in (1, 10, 30):
        show("cartpole", t, s)
s = list([-0.5, 0.0])
for t in range(1, 201):
    s = mountain_car(s, 2 if s[1] >= 0 else 0)
    if t in (1, 40, 110):
        show("mountain-car", t, s)
s = list([-1.15, -0.06])
s = mountain_car(s, 0)
show("mountain-car at the wall", 1, s)
s, total = list([3.0, 0.5]), 0.0
for t in range(1, 121):
    s, reward = pendulum(s, 2.5 * math.sin(0.3 * t))
    total += reward
    if t in (1, 20, 120):
        show("pendulum", t, [*s, reward, total])
s = list([0.05, -0.03, 0.02, 0.08])
for t in range(1, 81):
    s = acrobot(s, 0 if s[2] > 0 else 2)
    if t in (1, 20, 60):
        show("acrobot", t, [*s, -math.cos(s[0]) - math.cos(s[0] + s[1])])
