"""Adapt a pretrained network: a head on its frozen embeddings, or fine-tuning beside a twin from scratch."""

from pathlib import Path

from dalsegno import files, folds, params, run, transfer
from dalsegno.params import UserError
from dalsegno.runtime import Runtime


def main(key: str, source: str, weights: str, splits_csv: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, transfer=transfer.Params)
    device = params.load(runtime=Runtime).torch_device()
    try:
        prepare = transfer.frozen if p.on_embeddings else transfer.fine_tuned
        job, about = prepare(p, source, folds.read(splits_csv), device)
        with files.atomic(run_dir) as draft, files.atomic(metrics_dir) as figures:
            run.all_runs(job, about, draft, figures)
            if p.control:
                twin = transfer.from_scratch(p, job)
                run.all_runs(twin, about | {"weights": None}, Path(draft, "control"), Path(draft, "control_metrics"))
    except UserError as error:
        raise UserError(f"transfer.{key}: {error}") from None


if __name__ == "__main__":
    params.run(main)
