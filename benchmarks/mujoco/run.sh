#!/usr/bin/env bash
# Steps per second of our lanes beside a C loop over the same models; see README.md. Needs libmujoco-dev and gcc.
set -euo pipefail
cd "$(dirname "$0")"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
gcc -O2 loop.c -o "$folder/loop" -lmujoco
dotnet build RLSquared.MuJoCo.Benchmark -c Release -v q --nologo -o "$folder/benchmark" > "$folder/log" || { cat "$folder/log"; exit 1; }
"$folder/benchmark/rl2-mujoco-benchmark" "$folder/loop" ../../src/RLSquared.MuJoCo/Models "$@"
