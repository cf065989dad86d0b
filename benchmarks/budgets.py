#!/usr/bin/env python3
"""Writes what trainings with default options reached, as recorded in docs/results, into the catalogue that `rl2 list` shows.

    python3 benchmarks/budgets.py
"""
import json, pathlib, re, statistics

root = pathlib.Path(__file__).resolve().parent.parent
catalogue = root / "src" / "RLSquared" / "Tasks" / "TaskCatalogue.cs"


def number(value):
    return f"{value:.{2 if abs(value) < 10 else 1}f}".replace("-", "−")


# Options that a recorded command names although they are the defaults.
usual = {"horizon=50"}
# Where the score is not the total of a trial.
unit = {"pay-to-look": "in the last two pulls"}


def chosen(command):
    words = re.search(r" --set ((?:[\w.-]+=\S+ ?)+)", command)
    return bool(words) and not set(words.group(1).split()) <= usual


def recorded():
    for table in ["classic-control", "pay-to-look", "movement-bandits"]:
        for row in json.loads((root / "docs" / "results" / f"{table}.json").read_text())["rows"]:
            trained = row["trained"][0]
            if any(chosen(seed["command"]) for seed in trained["seeds"]):
                continue
            seeds = [seed["mean"] for seed in trained["seeds"]]
            of = unit.get(row["task"], "a trial")
            words = [f"{number(statistics.median(seeds))} {of} (median of {len(seeds)} seeds)"]
            if not row.get("ceiling"):
                words += [f"{agent['name']} {number(agent['mean'])}" for agent in row.get("opponents") or []]
            else:
                words.append(f"{row['ceiling']['name']} {number(row['ceiling']['mean'])}")
            yield row["task"], trained["budget"], "; ".join(words)


text = catalogue.read_text()
for task, budget, words in recorded():
    entry = re.search(rf'TaskEntry\.Of\("{task}",.*?\),(?=\n        (?:TaskEntry|\.\.))', text, re.S).group(0)
    bare = re.sub(r',\s*budget: new\((?:[^()"]|"[^"]*")*\)', "", entry)
    bare = re.sub(r",\s+algorithm:", ", algorithm:", bare)
    new = f',\n            budget: new("{budget}", Reaches: "{words}")'
    made = re.sub(r"(new \w+\(options\))", lambda match: match.group(1) + new, bare, count=1)
    text = text.replace(entry, made.replace(", algorithm:", ",\n            algorithm:"))
catalogue.write_text(text)
