"""The units of a data set: clips that are no independent evidence of one another."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


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


def names(clips: pd.DataFrame, units: np.ndarray) -> np.ndarray:
    """A name (n_clips,) of each clip's unit, never empty: `group:` and its first group, or `clip:` and its first clip."""
    own = "clip:" + clips["clip_id"]
    name = own.where(clips["group"] == "", "group:" + clips["group"])
    order = (clips["group"] == "").astype(int).astype(str) + name  # a group comes before a clip
    return order.groupby(units).transform("min").str[1:].to_numpy(object)
