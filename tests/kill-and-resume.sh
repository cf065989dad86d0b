#!/usr/bin/env bash
# Kills a run with SIGKILL at random moments, again and again, and lets it go on each time. It must always find a whole
# checkpoint (or begin again where there is none yet), leave nothing of what it did not finish, and end with the bits and
# the figures of a run that was never disturbed. Whenever a run ends, another one begins, until all kills are done.
#
#   tests/kill-and-resume.sh [KILLS] [SEED]      50 kills and seed 1, if not given
#
# RL2 names the executable, and RL2_TRAIN what it trains: what follows "rl2 train", below. It exits with 1 at the first
# violation, and leaves the folders in place then.
set -uo pipefail
export LC_ALL=C

kills=${1:-50}
seed=${2:-1}
[[ $kills =~ ^[0-9]+$ && $seed =~ ^[0-9]+$ ]] || { echo "usage: tests/kill-and-resume.sh [KILLS] [SEED]"; exit 2; }
rl2=${RL2:-$(dirname "$0")/../src/RLSquared.Cli/bin/Release/net10.0/rl2}
[ -x "$rl2" ] || { echo "there is no $rl2; build it first: dotnet build -c Release src/RLSquared.Cli"; exit 2; }
# Every iteration takes some milliseconds and ends with a checkpoint, so that many kills meet one that is being written.
train=${RL2_TRAIN:-two-step --set hidden=24 trials=32 minibatch=16 rounds=10 --budget 128000 --checkpoint-every 640}

RANDOM=$((seed % 32768))
folder=$(mktemp -d)
limit=$((SECONDS + 120 + 5 * kills))
keep=3                                              # step checkpoints that a run keeps
before=0 unfinished=0 restarts=0 rounds=0

fail() {
    echo "VIOLATION: $1"
    echo "the folders are below $folder"
    exit 1
}

begin() {
    # shellcheck disable=SC2086
    exec "$rl2" train $train --run "$1" --seed "$seed" --threads "$2" --quiet --instances 1 --json
}

go_on() {
    if [ -f "$1/config.json" ]; then exec "$rl2" resume "$1" --threads "$2" --quiet --instances 1 --json; fi
    begin "$1" "$2"                                 # killed before it was a run
}

# Without times, and without the hash and the padding, which depend on them.
figures() { sed -E 's/,"seconds".*$//' "$1/metrics.jsonl"; }
header_length() { od -An -t u8 -N 8 "$1" | tr -d ' '; }
texts() { tail -c +9 "$1" | head -c "$(header_length "$1")" | sed -E 's/"(seconds|sha256)":"[^"]*"/"\1":""/g; s/ +$//'; }
numbers() { tail -c "+$((9 + $(header_length "$1")))" "$1"; }

compare() {
    cmp <(figures "$folder/whole") <(figures "$1") || fail "the figures of $1 differ"
    cmp <(ls "$folder/whole/checkpoints") <(ls "$1/checkpoints") || fail "$1 does not have the same checkpoints"
    for path in "$folder"/whole/checkpoints/*; do
        other=$1/checkpoints/$(basename "$path")
        cmp <(numbers "$path") <(numbers "$other") || fail "the numbers of $other differ"
        cmp <(texts "$path") <(texts "$other") || fail "what $other says of itself differs"
    done
}

# What a kill may leave: one file that was being written, and one checkpoint more than are kept.
inspect() {
    local left steps
    left=$(find "$1" -name '*.unfinished' 2> /dev/null | wc -l)
    steps=$(find "$1" -name 'step-*.safetensors' 2> /dev/null | wc -l)
    [ "$left" -le 1 ] || fail "$left unfinished files in $1"
    [ "$steps" -le $((keep + 1)) ] || fail "$steps checkpoints in $1, and $keep are kept"
    [ "$left" -eq 0 ] || unfinished=$((unfinished + 1))
    [ "$steps" -gt 0 ] || before=$((before + 1))
    [ -f "$1/config.json" ] || restarts=$((restarts + 1))
}

started=$(date +%s%N)
(begin "$folder/whole" 2) > /dev/null || fail "the undisturbed run did not end well"
whole=$((($(date +%s%N) - started) / 1000000))
echo "rl2 train $train"
echo "undisturbed, it takes $whole ms and leaves $(wc -l < "$folder/whole/metrics.jsonl") figures"

run=$folder/killed-1
for ((kill = 1; kill <= kills; )); do
    [ "$SECONDS" -lt "$limit" ] || fail "not done after $limit seconds"
    # Mostly somewhere in the first half of a whole run; now and then, and always at first, within the first moments.
    moments=$((RANDOM % 4 == 0 ? whole / 4 + 1 : whole / 2 + 1))
    [ -d "$run" ] || moments=$((whole / 4 + 1))
    delay=$((RANDOM % moments))
    threads=$((1 + RANDOM % 2))
    (go_on "$run" "$threads") > "$folder/output" 2> "$folder/error" &
    process=$!
    sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
    if kill -KILL "$process" 2> /dev/null; then sent=1; else sent=0; fi
    wait "$process" 2> /dev/null
    code=$?
    if [ "$code" -eq 137 ] && [ "$sent" -eq 1 ]; then
        inspect "$run"
        last=$(find "$run/checkpoints" -name 'step-*.safetensors' 2> /dev/null | sort | tail -n 1)
        echo "kill $kill after $delay ms ($threads threads): $(basename "${last:-nothing yet}" .safetensors)"
        kill=$((kill + 1))
    elif [ "$code" -eq 0 ]; then
        compare "$run"
        rounds=$((rounds + 1))
        echo "$(basename "$run") ended like the undisturbed one"
        rm -r "$run"
        run=$folder/killed-$((rounds + 1))
    else
        fail "it ended with $code: $(cat "$folder/error")"
    fi
done
(go_on "$run" 2) > /dev/null 2> "$folder/error" || fail "it did not go on: $(cat "$folder/error")"
compare "$run"
rounds=$((rounds + 1))
rm -r "$folder"
echo "$kills kills in $rounds runs: $unfinished while a file was being written, $before before a first checkpoint" \
    "($restarts of these before there was a run); every run ended with the same bits and figures"
