#!/usr/bin/env bash
# All that is to be measured on a machine with a GPU, in one run of at most eight minutes; the table is Markdown.
#
#     bash bench/gpu.sh [WHEELS] > table.md
#
# WHEELS is a folder of wheels, for a machine that has PyTorch but no network: they go into a scratch folder, nothing is
# installed on the machine. Without it, the packages of `python3` are used. The pipeline runs in a scratch copy.
# SMALL=1 takes small sizes, to try out this script; DEVICE=cpu needs no GPU; LIMIT_S is when no new part begins (480).
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
  local title=$1 && shift
  printf '\n### %s\n\n' "$title"
  if [ "$SECONDS" -ge "$limit_s" ]; then echo "Not run: $SECONDS s had gone, and LIMIT_S is $limit_s."; return; fi
  timeout "$((limit_s + 60 - SECONDS))" "$@" || echo "Failed or out of time after $SECONDS s of the whole run."
}
settings() { python "$here/bench/gpu/settings.py" "$work/default.yaml" --device "$device" $small "$@"; }
stages=(python "$here/bench/gpu/stages.py")

cd "$work/run"
cp -r "$here"/{src,stages,search,dvc.yaml,versions.yaml} . && cp "$here/.dvc/config" .dvc/
mkdir metrics && cp "$here/metrics/kaggle.csv" metrics/
[ ! -d "$here/.dvc/plots" ] || cp -r "$here/.dvc/plots" .dvc/
printf '[core]\n    no_scm = true\n' > .dvc/config.local
cp "$here/params.yaml" "$work/default.yaml"
targets=(report submissions protocols)
if python -c 'import typst' 2> /dev/null; then targets+=(paper); fi
networks=(pretrain embeddings mlp cnn transfer)

settings
part "The default pipeline: seconds per stage" "${stages[@]}" "${targets[@]}"
[ ! -d runs ] || cp -r runs first
part "The networks of the default once more, on the same device" "${stages[@]}" --force --single-item "${networks[@]}"
part "Two runs on $device" python "$here/bench/gpu/differences.py" first runs
settings --device cpu
part "The networks of the default on the CPU" "${stages[@]}" --force --single-item "${networks[@]}"
part "The CPU against $device" python "$here/bench/gpu/differences.py" first runs

settings --rehearsal
part "As large as GTZAN, 1,000 clips of 30 s, 40 epochs: seconds per stage" "${stages[@]}" "${targets[@]}"
settings --rehearsal --lr 2e-3
part "Again, after one change of a learning rate" "${stages[@]}" "${targets[@]}"
part "A search of 20 trials" "${stages[@]}" search/dvc.yaml:search@small
part "Training steps from our data against a batch that lies on the device" \
  python "$here/bench/loader.py" --device "$device" --seconds "$([ -n "$small" ] && echo 1 || echo 10)"
printf '\n%s s in all.\n' "$SECONDS"
