"""Train a network on the features."""

from dataclasses import asdict

from torch import nn

from dalsegno import augment, feature_table, folds, network, params, preprocess, run, train
from dalsegno.params import section
from dalsegno.runtime import Runtime
from dalsegno.table import Table


@section
class Params:
    """An entry under `mlp:` in params.yaml."""

    arch: str  # a file of src/dalsegno/models/
    model: params.chosen("dalsegno.models", by="arch")
    pca: train.Share | None = None  # keep the principal components that explain this share of the variance
    augment: augment.Params
    train: train.Params


def main(key: str, features: str, splits_csv: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, mlp=Params)
    device = params.load(runtime=Runtime).torch_device()
    splits = folds.read(splits_csv)
    table = Table(feature_table.read(features, keep=set(splits["clip_id"])), device)

    def build(train_ids: list[str]) -> run.Built:
        prep = preprocess.Standardise(*table.moments(train_ids))
        if p.pca:
            prep = nn.Sequential(prep, preprocess.Pca(prep(table.take(table.rows(train_ids)[0])), p.pca))
        return run.Built(network.build(p.arch, p.model, prep, table.x[:2], len(folds.classes(splits))))

    job = run.Job(source=table, splits=splits, train=p.train, build=build, device=device, changes=p.augment)
    about = {"arch": p.arch, "model": asdict(p.model), "pca": p.pca, "features": table.names}
    run.all_runs(job, about, run_dir, metrics_dir)


if __name__ == "__main__":
    params.run(main)
