"""Partitions drawn at random: stratified by class, with linked clips on one side."""

import itertools

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from dalsegno.pipeline.errors import UserError

_DRAWS = 20  # random orders tried for one cut; the most even one is kept


def linked(clips: pd.DataFrame, copies: pd.DataFrame, groups: list[pd.Series]) -> np.ndarray:
    """The unit (n_clips,) each clip belongs to: clips that share a group or are copies, directly or by way of others.

    groups: series (n_clips,) of names, empty where unknown. copies: rows of clip_id_a and clip_id_b.
    """
    row = pd.Series(np.arange(len(clips)), index=clips["clip_id"].to_numpy())
    pairs = copies[copies["clip_id_a"].isin(row.index) & copies["clip_id_b"].isin(row.index)]
    edges = [np.column_stack([row[pairs["clip_id_a"]], row[pairs["clip_id_b"]]])]
    for names in groups:
        known = np.flatnonzero(names.to_numpy() != "")
        number = pd.factorize(names.to_numpy()[known])[0]
        first = known[np.unique(number, return_index=True)[1]]
        edges.append(np.column_stack([known, first[number]]))
    a, b = np.concatenate(edges).astype(np.int64).T
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(clips), len(clips)))
    return connected_components(graph, directed=False)[1]


def carve(labels: np.ndarray, units: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Mask (n_clips,) of whole units that hold about `share` of each class.

    Every class of at least two units gives one and keeps one; a class of a single unit gives none.
    """
    y, u = pd.factorize(labels, sort=True)[0], pd.factorize(units)[0]
    held = pd.Series(1, index=[u, y]).groupby(level=[0, 1]).sum()  # clips of each class in each unit
    members: list[list[tuple[int, int]]] = [[] for _ in range(u.max() + 1)]
    for (unit, label), n in held.items():
        members[unit].append((label, int(n)))
    total = np.bincount(y)
    best, least = set(), np.inf
    floor = np.abs(total * share - np.maximum(np.round(total * share), 1)) @ (1 / total)
    for _ in range(_DRAWS):
        taken, have = _draw(members, total * share, rng.permutation(len(members)))
        off = np.abs(have - total * share) @ (1 / total)
        if off < least:
            best, least = taken, off
        if least <= floor + 1e-9:
            break
    return np.isin(u, list(best))


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


def held_apart(parts: np.ndarray, units: np.ndarray) -> tuple[np.ndarray, int]:
    """`parts` without the training clips linked to a validation or test clip and the validation clips linked to a test
    clip, and how many those are. The test part stays whole."""
    rank = pd.Series(parts).map({"train": 0, "valid": 1, "test": 2, "": -1}).to_numpy()
    highest = pd.Series(rank).groupby(units).transform("max").to_numpy()
    out = (rank >= 0) & (rank < highest)
    return np.where(out, "", parts).astype(object), int(out.sum())


def kfold(
    labels: np.ndarray, units: np.ndarray, folds: int, repeats: int, valid_share: float, seed: int
) -> list[np.ndarray]:
    """Parts (n_clips,) of each fold; fold k of repeat r is number r * folds + k. A clip is tested once per repeat.

    Raises UserError if a class has fewer clips, or fewer units of linked clips, than there are folds.
    """
    _refuse_too_many(labels, units, folds)
    grouped = len(np.unique(units)) < len(units)
    splitter = StratifiedGroupKFold if grouped else StratifiedKFold
    drawn = []
    for r in range(repeats):
        cuts = splitter(folds, shuffle=True, random_state=seed + r).split(units, labels, units if grouped else None)
        for k, (_, test) in enumerate(cuts):
            parts = np.full(len(labels), "train", object)
            parts[test] = "test"
            rng = np.random.default_rng([seed, r, k])
            drawn.append(with_valid(parts, labels, units, min(0.5, valid_share * folds / (folds - 1)), rng))
    return drawn


def _draw(members: list[list[tuple[int, int]]], target: np.ndarray, order: np.ndarray) -> tuple[set[int], np.ndarray]:
    """Units taken in `order` while they bring each class nearer to `target`, and the clips (n_classes,) they hold."""
    have, spare = [0] * len(target), [-1] * len(target)
    for c, _ in itertools.chain.from_iterable(members):
        spare[c] += 1  # units of the class that may go
    wanted, taken = target.tolist(), set()

    def take(unit: int) -> None:
        taken.add(unit)
        for c, n in members[unit]:
            have[c] += n
            spare[c] -= 1

    for unit in order.tolist():
        if all(spare[c] for c, _ in members[unit]):
            gain = sum((abs(wanted[c] - have[c]) - abs(wanted[c] - have[c] - n)) / wanted[c] for c, n in members[unit])
            if gain > 0:
                take(unit)
    for c in range(len(target)):  # a class whose units are all too big, or whose share is below half a clip
        if not have[c]:
            rest = [u for u in order.tolist() if c in dict(members[u]) and all(spare[d] for d, _ in members[u])]
            if rest:
                take(min(rest, key=lambda u: sum(n for _, n in members[u])))
    return taken, np.array(have)


def _refuse_too_many(labels: np.ndarray, units: np.ndarray, folds: int) -> None:
    table = pd.DataFrame({"label": labels, "unit": units}).groupby("label")["unit"].agg(["size", "nunique"])
    name, n_clips, n_units = next(table.sort_values("nunique", kind="stable").itertuples(name=None))
    if folds > n_units:
        linked_in = "" if n_units == n_clips else f" in {n_units} groups (clips linked by group or as copies)"
        way_out = f"use at most {n_units} folds, " if n_units > 1 else ""
        raise UserError(
            f"params.yaml: splits.folds: got {folds}, but class {name!r} has only {n_clips} clip{'s'[n_clips == 1 :]}{linked_in}; "
            f"{way_out}add clips, or leave the class out (dataset.leave_out)"
        )
