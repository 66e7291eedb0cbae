#!/usr/bin/env bash
# All that is to be measured on a machine with a GPU, in one run of at most eight minutes; the table is Markdown.
#
#     bash bench/gpu.sh [WHEELS] > table.md 2> log.txt
#
# WHEELS is a folder of wheels, for a machine that has PyTorch but no network: they go into a scratch folder, nothing is
# installed on the machine. Without it, the packages of `python3` are used. The pipeline runs in a scratch copy, of which
# nothing is left. What matters most comes first; a part that fails, or for which no time is left, is named, and the others go on.
# SMALL=1 takes small sizes, to try out this script; DEVICE=cpu needs no GPU; everything ends after LIMIT_S seconds (480).
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
device=${DEVICE:-cuda} limit_s=${LIMIT_S:-480} small=${SMALL:+--small}
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
python=$(command -v "${PYTHON:-python3}")

mkdir -p "$work/bin" "$work/run/.dvc"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" > "$work/bin/python" && chmod +x "$work/bin/python"
export PATH="$work/bin:$PATH" PYTHONPATH="$here/src${PYTHONPATH:+:$PYTHONPATH}" DVC_SITE_CACHE_DIR="$work/site" DVC_NO_ANALYTICS=1
if [ $# -gt 0 ]; then
  python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --target "$work/packages" "$1"/*.whl >&2
  export PYTHONPATH="$PYTHONPATH:$work/packages"
fi
python "$here/bench/gpu/machine.py" "$here/pyproject.toml" "$device"

part() { # part TITLE COMMAND…: a heading and what the command prints, unless the time is up; a failure is told, not fatal
  local title=$1 left=$((limit_s - SECONDS)) code=0 && shift
  printf '\n### %s\n\n' "$title"
  if [ "$left" -le 10 ]; then printf 'Not run: %s of %s s had gone.\n' "$SECONDS" "$limit_s"; return; fi
  timeout "$left" "$@" || code=$?
  if [ "$code" -eq 124 ]; then printf '\nOut of time after %s s of the whole run.\n' "$SECONDS"; fi
  if [ "$code" -ne 0 ] && [ "$code" -ne 124 ]; then printf '\nPart of it failed; the log says why.\n'; fi
}
settings() { python "$here/bench/gpu/settings.py" "$work/default.yaml" --device "$device" $small "$@"; }
stages() { part "$1" python "$here/bench/gpu/stages.py" "${@:2}"; }

cd "$work/run"
cp -r "$here"/{src,stages,search,dvc.yaml,versions.yaml} . && cp "$here/.dvc/config" .dvc/
mkdir metrics && cp "$here/metrics/kaggle.csv" metrics/
[ ! -d "$here/.dvc/plots" ] || cp -r "$here/.dvc/plots" .dvc/
printf '[core]\n    no_scm = true\n' > .dvc/config.local
cp "$here/params.yaml" "$work/default.yaml"
targets=(report submissions protocols)
if python -c 'import typst' 2> /dev/null; then targets+=(paper); fi

settings
stages "The default pipeline: seconds per stage" "${targets[@]}"
for copy in large again cpu; do cp -r "$work/run" "$work/$copy"; done
part "Training steps from our data against a batch that lies on the device" \
  python "$here/bench/loader.py" --device "$device" --seconds "$([ -n "$small" ] && echo 1 || echo 3)"

cd "$work/large"
settings --rehearsal
stages "As large as GTZAN, 1,000 clips of 30 s, 40 epochs: seconds per stage" "${targets[@]}"
settings --rehearsal --lr 2e-3
stages "Again, after one change of a learning rate" "${targets[@]}"

# without their networks, so that one that fails is missing and not compared with itself
for one in again cpu; do rm -rf "$work/$one"/runs/{mlp,cnn,transfer}; done
cd "$work/again" && settings && cd "$work/cpu" && settings --device cpu
once_more="exec python '$here/bench/gpu/stages.py' --force --single-item pretrain embeddings mlp cnn transfer"
part "The networks of the default on the CPU; once more on $device at the same time" \
  bash -c "(cd '$work/again' && $once_more) > /dev/null & (cd '$work/cpu' && $once_more); wait"
part "Two runs on $device" python "$here/bench/gpu/differences.py" "$work"/{run,again}/runs
part "The CPU against $device" python "$here/bench/gpu/differences.py" "$work"/{run,cpu}/runs
part "Spectra" python "$here/bench/gpu/spectra.py" --device "$device" $small

cd "$work/large"
stages "A search of 20 trials" search/dvc.yaml:search@small
printf '\n%s s in all.\n' "$SECONDS"
