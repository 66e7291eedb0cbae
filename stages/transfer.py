"""Adapt a pretrained network: a head on its frozen embeddings, or fine-tuning beside a twin from scratch."""

from pathlib import Path

from dalsegno.artefacts import model_name
from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline import files, params, stage
from dalsegno.pipeline.errors import about
from dalsegno.pipeline.runtime import Runtime
from dalsegno.transfer.adapting import entry, fine_tuned, frozen


def main(key: str, source: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, transfer=entry.Params)
    device = params.load(runtime=Runtime).training_device()
    with about(f"transfer.{key}"):
        splits = splits_csv.read(splits_path)
        if isinstance(p, entry.Frozen):
            model, twin = frozen.prepare(p, source, splits, device), None
        else:
            model = fine_tuned.prepare(p, source, splits, device)
            twin = fine_tuned.from_scratch(p, model) if p.control else None
        with files.atomic(run_dir) as draft, files.atomic(metrics_dir) as curves:
            model.train(draft, curves)
            if twin:
                twin.train(Path(draft, model_name.CONTROL), Path(draft, "control_metrics"))


if __name__ == "__main__":
    stage.run(main)
