"""Score one cheap model under every protocol that the data allows, honest and leaky."""

from pathlib import Path

import pandas as pd

from dalsegno import files, manifest, params, progress, protocols, store
from dalsegno.params import UserError


def main(clips_csv: str, copies_csv: str, spectrogram: str, metrics_json: str) -> None:
    """Describe the clips' segments once; then split, train and score them by each entry of `protocols.splits`."""
    p = params.load(protocols=protocols.Params)
    clips = manifest.usable(manifest.read(clips_csv))
    copies = pd.read_csv(copies_csv, dtype={"clip_id_a": str, "clip_id_b": str, "kind": str}, keep_default_na=False)
    known = list(clips.loc[clips["label"] != "", "clip_id"]) if p.splits else []
    segments = protocols.describe(store.open(spectrogram), known, p.segments)
    figures, left_out = {}, {}
    for name, protocol in p.splits.items():
        try:
            figures[name] = told = protocols.evaluate(segments, clips, copies, protocol, p)
        except UserError as error:
            left_out[name] = str(error).splitlines()[0].removeprefix("params.yaml: ")
            progress.say(f"{name:<24} left out: {left_out[name]}")
            continue
        stamp = "  LEAKY" if told["leaky"] else ""
        progress.say(f"{name:<24} accuracy of segments {told['segment_accuracy']:.3f}{stamp}")
    about = {"model": p.model.estimator, "spectrogram": Path(spectrogram).name, "segments": p.segments}
    files.write_json(metrics_json, about | {"protocols": figures, "left_out": left_out})


if __name__ == "__main__":
    params.run(main)
