"""Behaves as a game of Godot RL Agents does towards its trainer, written from the protocol's description alone.

Each agent plays a machine with two arms, one that pays 1 and one that pays nothing, which of them is drawn when the
agents are reset (or when the trainer calls new_trial). An episode is four pulls. The game knows nothing of trials, seeds
or truncation, as the real ones do not. With --fault it does something wrong after some steps.
"""
import argparse
import json
import random
import socket
import struct
import sys
import time

PULLS = 4


class Agent:
    def __init__(self, draws):
        self.draws, self.good, self.pulls = draws, 0, 0
        self.new_trial()

    def new_trial(self):
        self.good, self.pulls = self.draws.randrange(2), 0

    def step(self, arm):
        self.pulls += 1
        done = self.pulls == PULLS
        if done:
            self.pulls = 0
        return (1.0 if arm == self.good else 0.0), done

    def observation(self):
        return {"obs": [self.pulls / PULLS]}


def send_bytes(connection, data):
    connection.sendall(struct.pack("<I", len(data)) + data)


def send(connection, message):
    send_bytes(connection, json.dumps(message).encode())


def receive_exactly(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def receive(connection):
    return json.loads(receive_exactly(connection, struct.unpack("<I", receive_exactly(connection, 4))[0]))


def info(count, fault):
    spaces = {
        "type": "env_info",
        "n_agents": count,
        "observation_space": [{"obs": {"size": [1], "space": "box"}}] * count,
        "action_space": [{"arm": {"size": 2, "action_type": "discrete"}}] * count,
        "agent_policy_names": ["shared_policy"] * count,
    }
    if fault == "no-agents":
        spaces["n_agents"] = 0
    if fault == "unknown-space":
        spaces["observation_space"] = [{"obs": {"size": [1], "space": "sphere"}}] * count
    if fault == "two-policies":
        spaces["agent_policy_names"][-1] = "other"
    if fault == "unlike":
        spaces["action_space"] = spaces["action_space"][:-1] + [{"arm": {"size": 3, "action_type": "discrete"}}]
    return spaces


def misbehave(connection, fault, reply):
    """Does the fault in place of the reply; True if the game goes on."""
    if fault == "disconnect":
        connection.close()
        sys.exit(0)
    if fault == "hang":
        time.sleep(30)
    if fault == "huge-length":
        connection.sendall(struct.pack("<I", 2_000_000_000) + b"{}")
    elif fault == "negative-length":
        connection.sendall(struct.pack("<i", -5) + b"{}")
    elif fault == "empty":
        send_bytes(connection, b"")
    elif fault == "no-json":
        send_bytes(connection, b"{'type': 'step'}")
    elif fault == "half":
        connection.sendall(struct.pack("<I", 100) + b'{"type": "step"')
        connection.close()
        sys.exit(0)
    elif fault == "nan":
        reply["reward"][-1] = float("nan")
        send(connection, reply)
    elif fault == "overflow":
        send_bytes(connection, json.dumps(reply).replace('"reward": [', '"reward": [1e999, ').encode())
    elif fault == "unknown-type":
        send(connection, {**reply, "type": "leap"})
    elif fault == "wrong-type":
        send(connection, {**reply, "reward": ["much"] * len(reply["reward"])})
    elif fault == "number-done":
        send(connection, {**reply, "done": [0] * len(reply["done"])})
    elif fault.startswith("no-"):
        send(connection, {key: value for key, value in reply.items() if key != fault[3:]})
    elif fault == "short":
        send(connection, {**reply, "reward": reply["reward"][:-1]})
    elif fault == "long":
        send(connection, {**reply, "obs": reply["obs"] + reply["obs"]})
    elif fault == "narrow":
        send(connection, {**reply, "obs": [{"obs": []}] * len(reply["obs"])})
    else:
        raise ValueError(fault)
    time.sleep(30)


def play(connection, options):
    draws = random.Random(options.seed)
    agents = [Agent(draws) for _ in range(options.agents)]
    steps = 0
    while True:
        message = receive(connection)
        kind = message["type"]
        if kind == "handshake":
            assert (message["major_version"], message["minor_version"]) == ("0", "7"), message
        elif kind == "env_info":
            send(connection, info(options.agents, options.fault))
        elif kind == "reset":
            if not options.by_method:
                for agent in agents:
                    agent.new_trial()
            send(connection, {"type": "reset", "obs": [agent.observation() for agent in agents],
                              "info": [{} for _ in agents]})
        elif kind == "call":
            returns = [getattr(agent, message["method"])() for agent in agents]
            send(connection, {"type": "call", "returns": returns})
        elif kind == "action":
            assert len(message["action"]) == len(agents), message
            results = [agent.step(action["arm"]) for agent, action in zip(agents, message["action"])]
            reply = {"type": "step", "obs": [agent.observation() for agent in agents],
                     "reward": [reward for reward, _ in results], "done": [done for _, done in results],
                     "info": [{"is_success": False} for _ in agents]}
            steps += 1
            if options.fault and steps == options.after:
                misbehave(connection, options.fault, reply)
            send(connection, reply)
        elif kind == "close":
            return steps
        else:
            raise ValueError(kind)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=11008)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="")
    parser.add_argument("--after", type=int, default=20, help="steps before the fault")
    parser.add_argument("--by-method", action="store_true", help="draw a new arm by new_trial alone, not by reset")
    options = parser.parse_args()
    deadline = time.monotonic() + 30
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", options.port), 30)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    connection.settimeout(60)
    try:
        print(f"closed after {play(connection, options)} steps")
    except (EOFError, ConnectionError):
        print("the trainer is gone")


main()
