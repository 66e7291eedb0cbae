"""Adapt a pretrained network: a head on its frozen embeddings, or fine-tuning beside a twin from scratch."""

from dataclasses import asdict, replace
from pathlib import Path

from dalsegno import augment, feature_table, files, folds, params, run, transfer
from dalsegno.patches import Patches
from dalsegno.runtime import Runtime
from dalsegno.table import Table


def main(key: str, source: str, weights: str, splits_csv: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, transfer=transfer.Params)
    device = run.device_of(params.load(runtime=Runtime))
    splits = folds.read(splits_csv)
    clip_ids, n_labels = set(splits["clip_id"]), len(folds.classes(splits))
    about = {"arch": p.arch, "model": asdict(p.model), "weights": weights, "head": asdict(p.head)}
    if p.frozen:
        table = Table(feature_table.read(Path(source, "embeddings.parquet"), clip_ids), device)
        job = run.Job(table, splits, p.train, transfer.probe(p, table, n_labels), device, augment.Params())
        run.all_runs(job, about | {"input": p.input}, run_dir, metrics_dir)
        return
    patches = Patches(source, p.view, clip_ids, device)
    about |= {"view": asdict(p.view), "spectrogram": patches.meta}
    tuned = transfer.fine_tuned(p, patches, n_labels)
    job = run.Job(patches, splits, p.train, tuned, device, p.augment, p.view.vote)
    with files.atomic(run_dir) as draft:
        run.all_runs(job, about, draft, metrics_dir)
        if p.control:
            twin = replace(job, build=transfer.from_scratch(p, patches, n_labels))
            run.all_runs(twin, about | {"weights": None}, draft / "control", draft / "control_metrics")


if __name__ == "__main__":
    params.run(main)
