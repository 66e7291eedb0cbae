"""What makes an accuracy high beside a low balanced accuracy: unequal classes, or a leak? Measured on the default data.

    python bench/accuracies.py        after `dvc repro` of the default, whose features it reads

A fifth of the artists are set aside; the others make five folds. A small network on mean MFCC is trained in four ways,
each with 20 seeds. Columns: the mean over the folds of accuracy and of balanced accuracy, and the balanced accuracy of the
last network on the artists set aside.

    folds by artist, a new network for each    0.55 0.55 0.56
    likewise, one class has 83% of the clips  0.83 0.28 0.31
    folds that share artists                   0.61 0.61 0.56
    folds by artist, one network goes on       0.79 0.79 0.62
"""

import re

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

SEEDS, FOLDS, EPOCHS = 20, 5, 40
RARE = ("ambient", "blues", "disco")
Clips = pd.DataFrame  # label, group (artist), clip, and the features
NOT_FEATURES = ["label", "group", "clip"]


def clips() -> Clips:
    """Labelled clips with their artists and mean MFCC."""
    splits = pd.read_csv("data/splits.csv", dtype=str, keep_default_na=False).set_index("clip_id")
    table = pd.read_parquet("data/features.parquet").set_index("clip_id")
    mfcc = table[[name for name in table if re.fullmatch(r"mfcc_\d+_mean", name)]]
    return (
        splits.loc[splits["label"] != "", ["label", "group"]]
        .assign(clip=splits.index[splits["label"] != ""])
        .join(mfcc)
    )


def parts(table: Clips, by: str, n: int, rng: np.random.Generator) -> list[Clips]:
    """The clips in `n` parts, those of one `by` together, as many groups of each label in each."""
    place = {}
    for _, of_label in table.groupby("label"):
        names = rng.permutation(of_label[by].unique())
        place |= {name: i % n for i, name in enumerate(names)}
    return [table[table[by].map(place) == i] for i in range(n)]


def network(seed: int) -> MLPClassifier:
    return MLPClassifier((64,), learning_rate_init=3e-3, max_iter=EPOCHS, warm_start=True, random_state=seed)


def learn(model: MLPClassifier, table: Clips, scale: StandardScaler) -> None:
    model.fit(scale.transform(table.drop(columns=NOT_FEATURES)), table["label"])


def scores(model: MLPClassifier, table: Clips, scale: StandardScaler) -> tuple[float, float]:
    called = model.predict(scale.transform(table.drop(columns=NOT_FEATURES)))
    return accuracy_score(table["label"], called), balanced_accuracy_score(table["label"], called)


def cross_validated(table: Clips, aside: Clips, seed: int, by: str, goes_on: bool) -> np.ndarray:
    """Accuracy and balanced accuracy over the folds, and balanced accuracy of the last network on `aside`."""
    rng = np.random.default_rng(seed)
    scale = StandardScaler().fit(table.drop(columns=NOT_FEATURES))
    folds, model, of_folds = parts(table, by, FOLDS, rng), network(seed), []
    for i, test in enumerate(folds):
        model = model if goes_on else network(seed)
        learn(model, pd.concat(folds[:i] + folds[i + 1 :]), scale)
        of_folds.append(scores(model, test, scale))
    return np.array([*np.mean(of_folds, axis=0), scores(model, aside, scale)[1]])


def unequal(table: Clips) -> Clips:
    """Five styles as one class, and of the three others one clip per artist: four classes, of which one has 83% of the clips."""
    rare = table[table["label"].isin(RARE)].groupby("group").head(1)
    others = table[~table["label"].isin(RARE)].assign(label="other")
    return pd.concat([rare, others])


def main() -> None:
    table = clips()
    ways = {
        "folds by artist, a new network for each": (table, "group", False),
        "likewise, one class has 83% of the clips": (unequal(table), "group", False),
        "folds that share artists": (table, "clip", False),
        "folds by artist, one network goes on": (table, "group", True),
    }
    for name, (known, by, goes_on) in ways.items():
        rows = []
        for seed in range(SEEDS):
            aside, *rest = parts(known, "group", 5, np.random.default_rng(1000 + seed))
            rows.append(cross_validated(pd.concat(rest), aside, seed, by, goes_on))
        print(f"    {name:<42}", *(f"{value:.2f}" for value in np.mean(rows, axis=0)))


if __name__ == "__main__":
    main()
