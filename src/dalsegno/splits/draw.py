"""Partitions drawn at random: stratified by class, with linked clips on one side."""

import numpy as np
import pandas as pd

from dalsegno.pipeline.errors import UserError, counted, listed

RANK = {"": -1, "train": 0, "valid": 1, "test": 2}
"""A clip that is linked to one of a higher rank gives way to it."""


def carve(labels: np.ndarray, units: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Mask (n_clips,) of whole units that hold about `share` of each class, a large unit as likely as a small one.

    Every class keeps a unit, and gives one if it has another. `dominant` units are never taken; the others of their class
    are taken more often instead.
    """
    y, u = pd.factorize(labels, sort=True)[0], pd.factorize(units)[0]
    table = pd.DataFrame({"unit": u, "label": y}).value_counts(sort=False).rename("n").reset_index()
    table = table.sort_values(["unit", "label"], ignore_index=True)
    classes_of = np.split(table["label"].to_numpy(), np.flatnonzero(np.diff(table["unit"])) + 1)
    spare, n_taken = np.bincount(table["label"]) - 1, np.zeros(y.max() + 1, int)  # units of each class
    taken, eligible = np.zeros(len(classes_of), bool), np.ones(len(classes_of), bool)
    eligible[u[dominant(labels, units)]] = False

    def take(unit: int) -> None:
        if not taken[unit] and (spare[classes_of[unit]] > 0).all():
            taken[unit] = True
            spare[classes_of[unit]] -= 1
            n_taken[classes_of[unit]] += 1

    for unit in _in_steps(table, eligible, share, rng):
        take(unit)
    for label in np.flatnonzero(n_taken == 0):  # a class of which the steps met no unit
        others = table.loc[table["label"] == label, "unit"].to_numpy()
        for unit in rng.permutation(others[eligible[others]]):
            if not n_taken[label]:
                take(int(unit))
    return taken[u]


def dominant(labels: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Mask (n_clips,) of the units that hold more than half of the clips of a class: without them it could not be trained."""
    clips = pd.DataFrame({"label": labels, "unit": units})
    of_unit = clips.groupby(["label", "unit"])["unit"].transform("size")
    over_half = (2 * of_unit > clips.groupby("label")["unit"].transform("size")).to_numpy()
    return clips["unit"].isin(clips.loc[over_half, "unit"]).to_numpy()


def _in_steps(table: pd.DataFrame, eligible: np.ndarray, share: float, rng: np.random.Generator) -> list[int]:
    """Units at equal steps in order of size from a random start, in each class about `share` of its clips; in random order.

    table: the number n of clips of each unit and label. A unit of several classes goes with the one that it has most of.
    """
    size = table.groupby("unit")["n"].sum().to_numpy()
    main = table.sort_values(["n", "label"], ascending=[False, True], kind="stable").drop_duplicates("unit")
    steps = []
    for _, units in main.groupby("label")["unit"]:
        candidates = rng.permutation(units.to_numpy(copy=True)[eligible[units]])
        candidates = candidates[np.argsort(size[candidates], kind="stable")]
        scaled = min(1.0, share * size[units].sum() / max(1, size[candidates].sum()))
        at = np.floor(rng.random() + scaled * np.arange(len(candidates) + 1))
        steps += candidates[np.diff(at) > 0].tolist()
    return rng.permutation(steps).astype(int).tolist()


def holdout(
    labels: np.ndarray, units: np.ndarray, valid_share: float, test_share: float, rng: np.random.Generator
) -> np.ndarray:
    """Part (n_clips,) of each clip: train, valid or test."""
    parts = np.where(carve(labels, units, test_share, rng), "test", "train").astype(object)
    return with_valid(parts, labels, units, valid_share / (1 - test_share), rng)


def with_valid(
    parts: np.ndarray, labels: np.ndarray, units: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """`parts` with about `share` of its training clips made validation clips, if it has none."""
    train = np.flatnonzero(parts == "train")
    if (parts == "valid").any() or not len(train):
        return parts
    parts = parts.copy()
    parts[train[carve(labels[train], units[train], share, rng)]] = "valid"
    return parts


def once(parts: np.ndarray, same: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`parts` with each recording in one place, as the parts that a list states may have an exact copy on either side.

    same (n_clips,): the recording that each clip holds. The test part stays whole; what is tested leaves training and
    validation, what is validated leaves training. Of several copies in training or validation the first stays, and none
    if their labels differ, as one of them must be wrong.
    """
    rank = _rank(parts)
    clips = pd.DataFrame({"same": same, "label": labels, "rank": rank})
    highest = clips.groupby("same")["rank"].transform("max")
    top = clips[(rank >= 0) & (rank == highest)]
    stays = top.groupby("same").cumcount() == 0
    stays &= top.groupby("same")["label"].transform("nunique") == 1
    stays |= top["rank"] == RANK["test"]
    return np.where(stays.reindex(clips.index, fill_value=False), parts, "").astype(object)


def held_apart(parts: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, int]:
    """`parts` without the training clips linked to a validation or test clip and the validation clips linked to a test
    clip, and how many those are. The test part stays whole."""
    rank = _rank(parts)
    highest = pd.Series(rank).groupby(units).transform("max").to_numpy()
    out = (rank >= 0) & (rank < highest)
    return np.where(out, "", parts).astype(object), int(out.sum())


def kfold(
    labels: np.ndarray, units: np.ndarray, folds: int, repeats: int, valid_share: float, seed: int
) -> list[np.ndarray]:
    """Parts (n_clips,) of each fold; fold k of repeat r is number r * folds + k. A clip is tested once per repeat.

    Raises UserError if a class has fewer clips, or fewer units of linked clips, than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold  # a second, which no other split needs

    _refuse_too_many(labels, units, folds)
    grouped = len(np.unique(units)) < len(units)
    splitter = StratifiedGroupKFold if grouped else StratifiedKFold
    state = np.random.RandomState(seed)  # one for all, as in RepeatedStratifiedKFold: no seed shares a repeat
    drawn = []
    for r in range(repeats):
        cuts = splitter(folds, shuffle=True, random_state=state).split(units, labels, units if grouped else None)
        for k, (_, test) in enumerate(cuts):
            parts = np.full(len(labels), "train", object)
            parts[test] = "test"
            rng = np.random.default_rng([seed, r, k])
            drawn.append(with_valid(parts, labels, units, min(0.5, valid_share * folds / (folds - 1)), rng))
    return drawn


def _rank(parts: np.ndarray) -> np.ndarray:
    return pd.Series(parts).map(RANK).to_numpy()


def _refuse_too_many(labels: np.ndarray, units: np.ndarray, folds: int) -> None:
    table = pd.DataFrame({"label": labels, "unit": units}).groupby("label")["unit"].agg(["size", "nunique"])
    few = table[table["nunique"] < folds].sort_values("nunique", kind="stable")
    if few.empty:
        return
    n_units, linked = int(few["nunique"].min()), bool((few["nunique"] < few["size"]).any())
    have = listed(_has(*row) for row in few.itertuples(name=None))
    raise UserError(
        f"params.yaml: splits.folds: got {folds}, but {have}{' (clips linked by group or as copies)' * linked}; "
        f"{f'use at most {n_units} folds, ' * (n_units > 1)}add clips, or leave the class{'es' * (len(few) > 1)} out (dataset.leave_out)"
    )


def _has(name: str, n_clips: int, n_units: int) -> str:
    in_groups = f" in {counted(n_units, 'group')}" if n_units < n_clips else ""
    return f"class {name!r} has only {counted(n_clips, 'clip')}{in_groups}"
