#!/usr/bin/env bash
# All that is to be measured on a machine with a GPU, in one run of at most eight minutes; the table is Markdown.
#
#     bash bench/gpu.sh [WHEELS] 2> log.txt | tee table.md
#
# WHEELS is a folder of wheels, for a machine that has PyTorch but no network: they go into a scratch folder, nothing is
# installed on the machine. Without it, the packages of `python3` are used. The pipeline runs in a scratch copy, of which
# nothing is left. A part that fails, hangs, or for which no time is left is named, and the others go on.
# PARTS names the parts to run, for what a first run missed: PARTS="default networks". Networks needs default before it, and
# search rehearsal. SMALL=1 takes small sizes, to try out this script; DEVICE=cpu needs no GPU; everything ends after LIMIT_S
# seconds (480).
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
device=${DEVICE:-cuda} limit_s=${LIMIT_S:-480} small=${SMALL:+--small}
all="default steps pictures spectra rehearsal networks search" # what has a goal comes first
clips="1,000 clips of 30 s, as many as GTZAN has, 40 epochs" trials=20
[ -z "$small" ] || { clips="24 clips of 2.5 s, one epoch" && trials=2; }
for name in ${PARTS:=$all}; do
  [[ " $all " == *" $name "* ]] || { echo "PARTS: there is no part $name; there are $all" && exit 1; }
done
work=$(mktemp -d) running=
trap 'rm -rf "$work"' EXIT
trap '[ -z "$running" ] || { kill "$running" && wait "$running"; } || true; exit 130' INT TERM
python=$(command -v "${PYTHON:-python3}")

mkdir -p "$work/bin" "$work/run/.dvc"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" > "$work/bin/python" && chmod +x "$work/bin/python"
export PATH="$work/bin:$PATH" PYTHONPATH="$here/src${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
export DVC_SITE_CACHE_DIR="$work/site" DVC_NO_ANALYTICS=1
if [ $# -gt 0 ]; then
  python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-compile --target "$work/packages" \
    "$1"/*.whl 2>&1
  export PYTHONPATH="$PYTHONPATH:$work/packages"
fi
python "$here/bench/gpu/machine.py" "$here/pyproject.toml" "$here/stages" "$device" 2>&1
[ -z "$small" ] || printf '\nSmall sizes: that a goal is met or missed means nothing.\n'

part() { # part MOST_S TITLE COMMAND…: a heading and what the command prints; `code` says how it ended
  local left=$((limit_s - SECONDS)) most=$1
  printf '\n### %s\n\n' "$2"
  code=1
  if [ "$left" -le 10 ]; then printf 'Not run: %s of %s s had gone.\n' "$SECONDS" "$limit_s"; return; fi
  code=0
  timeout --kill-after=5 "$((left < most ? left : most))" "${@:3}" & # so that Ctrl-C need not wait for it
  running=$!
  wait "$running" || code=$?
  case $code in
    0) ;;
    124 | 137) printf '\n\nOut of time after %s s of the whole run.\n' "$SECONDS" ;;
    *) printf '\nPart of it failed; the log says why.\n' ;;
  esac
}
settings() { python "$here/bench/gpu/settings.py" "$work/default.yaml" --device "$device" $small "$@"; }
stages() { part "$1" "$2" python "$here/bench/gpu/stages.py" "${@:3}"; } # MOST_S TITLE GOAL_S TARGET…
measure() { part 90 "$1" python "$here/bench/$2" --device "$device" "${@:3}"; } # TITLE SCRIPT WORD…

default() {
  stages 240 "The default pipeline: seconds per stage" 0 "${targets[@]}"
}
steps() {
  local sizes=(--seconds 2)
  [ -z "$small" ] || sizes=(--seconds 1 --crop-s 0.5)
  measure "Training steps from our data against a batch that lies on the device" loader.py "${sizes[@]}"
}
pictures() {
  measure "Pictures as large as GTZAN's" gpu/pictures.py $small "$here/recipes/gtzan_pictures.yaml"
}
spectra() {
  measure "Spectra of 30 s clips on the device against two workers on the CPU" gpu/spectra.py $small
}
rehearsal() {
  cp -r "$work/run" "$work/large" && cd "$work/large"
  settings --rehearsal
  stages 400 "The rehearsal, $clips: seconds per stage" 300 "${targets[@]}"
  local again="The rehearsal again, after one change of a learning rate"
  if [ "$code" -ne 0 ]; then # what is missing would be run together with what has changed
    printf '\n### %s\n\nNot run: the rehearsal is not complete.\n' "$again"
    return
  fi
  settings --rehearsal --lr 2e-3
  stages 120 "$again" 60 "${targets[@]}"
}
networks() {
  for name in again cpu; do # without their networks, so that one that fails is missing and not compared with itself
    cp -r "$work/run" "$work/$name" && rm -rf "$work/$name"/runs/{mlp,cnn,transfer}
  done
  cd "$work/again" && settings && cd "$work/cpu" && settings --device cpu
  part 240 "The networks of the default on the CPU; once more on $device at the same time" bash -c '
    (cd "$1/again" && python "${@:2}") > /dev/null & (cd "$1/cpu" && python "${@:2}") && wait $! || (wait && exit 1)' \
    bash "$work" "$here/bench/gpu/stages.py" 0 --force --single-item mlp cnn transfer
  part 60 "Two runs on $device" python "$here/bench/gpu/differences.py" "$work"/{run,again}/runs
  part 60 "The CPU against $device" python "$here/bench/gpu/differences.py" "$work"/{run,cpu}/runs
}
search() {
  cd "$work/large"
  stages 120 "A search of $trials trials" 0 search/dvc.yaml:search@small
}

cd "$work/run"
cp -r "$here"/{src,stages,search,dvc.yaml,versions.yaml,.dvcignore} . && cp "$here/.dvc/config" .dvc/
mkdir metrics && cp "$here/metrics/kaggle.csv" metrics/
[ ! -d "$here/.dvc/plots" ] || cp -r "$here/.dvc/plots" .dvc/
printf '[core]\n    no_scm = true\n' > .dvc/config.local
cp "$here/params.yaml" "$work/default.yaml"
targets=(report submissions protocols)
if python -c 'import typst' 2> /dev/null; then targets+=(paper); fi
settings
for name in $PARTS; do "$name"; done
printf '\n%s s in all.\n' "$SECONDS"
