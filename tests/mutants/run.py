#!/usr/bin/env python3
"""Breaks the library on purpose, one line at a time, and tells which breaks no test notices.

    python3 tests/mutants/run.py            all mutants; needs a clean checkout, and some 20 s for each
    python3 tests/mutants/run.py Rl2.cs     those of one file

A mutant is a line of mutants.txt:  file | text that is there | text instead | filter of the tests to run
The file is one of src/RLSquared, or of another library that its path begins with.
"""
import pathlib, subprocess, sys

here = pathlib.Path(__file__).parent
root = here.parent.parent
options = ["-c", "Release", "-v", "q", "--nologo"]
touched = set()
tested_by = {"RLSquared.Reproduction": "RLSquared.Cli"}         # libraries without a suite of their own


def run(*command):
    return subprocess.run(command, cwd=root, capture_output=True, text=True)


survivors = 0
for line in (here / "mutants.txt").read_text().splitlines():
    if not line.strip() or line.startswith("#"):
        continue
    file, old, new, tests = (part.strip() for part in line.split(" | "))
    if len(sys.argv) > 1 and not file.endswith("/" + sys.argv[1]):
        continue
    library = file.split("/")[0] if file.startswith("RLSquared.") else "RLSquared"
    path = root / "src" / library / file.removeprefix(library + "/")
    suite = tested_by.get(library, library)
    project = [f"tests/{suite}.Tests", *options]
    touched.add(suite)
    whole = path.read_text()
    if whole.count(old) != 1:
        print(f"stale     {file}: '{old}' is there {whole.count(old)} times", flush=True)
        survivors += 1
        continue
    path.write_text(whole.replace(old, new))
    try:
        built = run("dotnet", "build", *project)
        filter_ = "|".join(f"FullyQualifiedName~{name}" for name in tests.split())
        verdict = "no build " if built.returncode else (
            "survived " if run("dotnet", "test", *project, "--no-build", "--filter", filter_).returncode == 0
            else "killed   ")
    finally:
        path.write_text(whole)
    survivors += verdict != "killed   "
    print(f"{verdict} {file}: {old}  →  {new}", flush=True)
for library in touched:
    run("dotnet", "build", f"tests/{library}.Tests", *options)
sys.exit(survivors > 0)
