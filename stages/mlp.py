"""Train a network on the features."""

from dataclasses import asdict
from typing import Annotated, Any

from torch import nn

from dalsegno.artefacts import features_parquet, splits_csv
from dalsegno.families.rows import Table
from dalsegno.pipeline import params, stage
from dalsegno.pipeline.params import section
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training import network, runs, train
from dalsegno.training.views import augment, preprocess


@section
class Params:
    """An entry under `mlp:` in params.yaml."""

    arch: str  # a file of src/dalsegno/models/
    model: Annotated[Any, params.chosen("dalsegno.models", by="arch")]
    pca: train.Share | None = None  # keep the principal components that explain this share of the variance
    augment: augment.Params
    train: train.Params


def main(key: str, features: str, splits_path: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, mlp=Params)
    device = params.load(runtime=Runtime).torch_device()
    splits = splits_csv.read(splits_path)
    table = Table(features_parquet.read(features, keep=set(splits["clip_id"])), device)

    def build(train_ids: list[str]) -> runs.Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        if p.pca:
            prep = nn.Sequential(prep, preprocess.Pca(prep(table.take(table.rows(train_ids)[0])), p.pca))
        return runs.Built(network.build(p.arch, p.model, prep, table.x[:2], len(splits_csv.classes(splits))))

    job = runs.Job(source=table, splits=splits, train=p.train, build=build, device=device, changes=p.augment)
    about = {"arch": p.arch, "model": asdict(p.model), "pca": p.pca, "features": table.names}
    runs.all_runs(job, about, run_dir, metrics_dir)


if __name__ == "__main__":
    stage.run(main)
