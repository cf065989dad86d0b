"""What lights_out.py and ablations.py have in common: each training is one call of RLSquared.Benchmarks, and what it
printed is kept below --runs and not repeated."""
import argparse, pathlib, subprocess

root = pathlib.Path(__file__).resolve().parent.parent.parent


def parse(options, updates, runs):
    """Adds what both take, with these defaults, and makes the folder --runs."""
    options.add_argument("--updates", type=int, default=updates)
    options.add_argument("--seeds", nargs="+", type=int, default=[1])
    options.add_argument("--program", default=str(
        root / "benchmarks/RLSquared.Benchmarks/bin/Release/net10.0/RLSquared.Benchmarks"))
    options.add_argument("--runs", type=pathlib.Path, default=runs)
    args = options.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    return args


def run(program, words, name=None):
    """What a call printed; None, and a line that says why, where it failed."""
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{name or ' '.join(words)}: {done.stderr.strip()[-500:]}", flush=True)
        return None
    return done.stdout
