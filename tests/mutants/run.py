#!/usr/bin/env python3
"""Breaks the library on purpose, one line at a time, and tells which breaks no test notices.

    python3 tests/mutants/run.py                     all mutants; needs a clean checkout, and some 10 s for each
    python3 tests/mutants/run.py Rl2.cs Ppo.cs       those of some files

A mutant is a line of mutants.txt:  file | text that is there | text instead | names of the tests to run
The file is one of src/RLSquared, or of another library that its path begins with. The tests are all whose full name
contains one of the names. A test that does not end within five minutes notices the break too.
"""
import pathlib, shutil, subprocess, sys

here = pathlib.Path(__file__).parent
root = here.parent.parent
options = ["-c", "Release", "-v", "q", "--nologo", "-p:RunAnalyzers=false"]
tested_by = {"RLSquared.Reproduction": "RLSquared.Cli"}         # libraries without a suite of their own
starts_programs = {"RLSquared.Cli", "RLSquared.Cluster"}        # suites that run rl2, which is built elsewhere
built = set()


def run(*command, limit=1200):
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return None


def build_suite(suite):
    return run("dotnet", "build", f"tests/{suite}.Tests", *options)


def build(library, suite):
    """Whether the changed library compiles; it alone is built where its suite starts no programs."""
    if suite in starts_programs:
        return build_suite(suite).returncode == 0
    if suite not in built:
        built.add(suite)
        return build_suite(suite).returncode == 0
    if run("dotnet", "build", f"src/{library}", "--no-dependencies", "--no-restore", *options).returncode != 0:
        return False
    shutil.copy(root / f"src/{library}/bin/Release/net10.0/{library}.dll", folder_of(suite))
    return True


def folder_of(suite):
    return root / f"tests/{suite}.Tests/bin/Release/net10.0"


def is_noticed(suite, names):
    methods = [part for name in names for part in ("-method", f"*{name}*")]
    tests = run(folder_of(suite) / f"{suite}.Tests", *methods, "-stopOnFail", "-noColor", limit=300)
    if tests is None:
        return True
    if "[FAIL]" in tests.stdout:
        return True
    if "Total: 0" in tests.stdout or "Total:" not in tests.stdout:
        sys.exit(f"no test's name contains any of {' '.join(names)}:\n{tests.stdout[-2000:]}{tests.stderr[-2000:]}")
    return tests.returncode != 0


survivors = 0
changed = set()
for line in (here / "mutants.txt").read_text().splitlines():
    if not line.strip() or line.startswith("#"):
        continue
    file, old, new, tests = (part.strip() for part in line.split(" | "))
    if len(sys.argv) > 1 and file.split("/")[-1] not in sys.argv[1:]:
        continue
    library = file.split("/")[0] if file.startswith("RLSquared.") else "RLSquared"
    path = root / "src" / library / file.removeprefix(library + "/")
    suite = tested_by.get(library, library)
    whole = path.read_text()
    if whole.count(old) != 1:
        print(f"stale     {file}: '{old}' is there {whole.count(old)} times", flush=True)
        survivors += 1
        continue
    changed.add(suite)
    path.write_text(whole.replace(old, new))
    try:
        verdict = "no build " if not build(library, suite) else (
            "killed   " if is_noticed(suite, tests.split()) else "survived ")
    finally:
        path.write_text(whole)
    survivors += verdict != "killed   "
    print(f"{verdict} {file}: {old}  →  {new}", flush=True)
for suite in changed:
    build_suite(suite)
sys.exit(survivors > 0)
