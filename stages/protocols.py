"""Score one cheap model under every protocol that the data allows, honest and leaky."""

from pathlib import Path

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import params, progress, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.scoring import protocols
from dalsegno.splits.given import OtherData


def main(clips_path: str, copies_path: str, spectrogram: str, metrics_json: str) -> None:
    """Describe the clips' segments once; then split, train and score them by each entry of `protocols.splits`.

    Why an entry cannot be used is a result, unless it is of another data set, of which readers need not hear.
    """
    p, confidence = params.load(protocols=protocols.Params), params.value("compare.confidence", float)
    clips = clips_csv.with_copies(clips_csv.read(clips_path))
    copies = copies_csv.read(copies_path)
    known = list(clips.loc[clips["label"] != "", "clip_id"]) if p.splits else []
    segments = protocols.describe(spectrogram_store.open(spectrogram), known, p.segments)
    results, left_out, of_others = {}, {}, []
    for name, protocol in p.splits.items():
        try:
            results[name] = protocols.evaluate(segments, clips, copies, protocol, p, confidence)
        except OtherData:
            of_others.append(name)
            continue
        except UserError as error:
            left_out[name] = str(error).splitlines()[0].removeprefix("params.yaml: ")
            continue
        stamp = "  LEAKY" if results[name]["leaky"] else ""
        progress.say(f"{name:<24} accuracy of segments {results[name]['segment_accuracy']:.3f}{stamp}")
    if left_out or of_others:
        progress.say(f"left out, as these data do not allow them: {', '.join([*left_out, *of_others])}")
    setting = {"model": p.model.estimator, "spectrogram": Path(spectrogram).name, "segments": p.segments}
    setting |= {"confidence": confidence}
    json_file.write(metrics_json, setting | {"protocols": results, "left_out": left_out})


if __name__ == "__main__":
    stage.run(main)
