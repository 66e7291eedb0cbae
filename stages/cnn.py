"""Train a convolutional network on the spectrograms, from scratch."""

from dalsegno import folds, from_scratch, params
from dalsegno.runtime import Runtime


def main(key: str, spectrograms: str, splits_csv: str, run_dir: str, metrics_dir: str) -> None:
    p = params.variant(key, cnn=from_scratch.Params)
    device = params.load(runtime=Runtime).torch_device()
    from_scratch.fit(f"cnn.{key}", p, spectrograms, folds.read(splits_csv), device, run_dir, metrics_dir)


if __name__ == "__main__":
    params.run(main)
