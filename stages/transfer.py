"""Adapt a pretrained network: a head on its frozen embeddings, or fine-tuning beside a twin from scratch."""

from pathlib import Path

from dalsegno.artefacts.learning import splits_csv
from dalsegno.pipeline import files, params, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime
from dalsegno.transfer.adapting import entry, fine_tuned, frozen


def main(key: str, source: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, transfer=entry.Params)
    device = params.load(runtime=Runtime).torch_device()
    try:
        prepare = frozen.prepare if isinstance(p, entry.Frozen) else fine_tuned.prepare
        model = prepare(p, source, splits_csv.read(splits_path), device)
        with files.atomic(run_dir) as draft, files.atomic(metrics_dir) as curves:
            model.train(draft, curves)
            if isinstance(p, entry.FineTuned) and p.control:
                twin = fine_tuned.from_scratch(p, model)
                twin.train(Path(draft, "control"), Path(draft, "control_metrics"))
    except UserError as error:
        raise UserError(f"transfer.{key}: {error}") from None


if __name__ == "__main__":
    stage.run(main)
