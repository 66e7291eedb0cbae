"""Models that cannot be told apart share a letter, as treatments do in the tables of field trials.

The insert-and-absorb algorithm of Piepho (2004), "An algorithm for a letter-based representation of all-pairwise
comparisons". Two models have no letter in common if and only if they were told apart.
"""

from collections.abc import Collection


def letters(names: list[str], apart: Collection[tuple[str, str]]) -> dict[str, str]:
    """The letters of each name; `a` is the group of the first. names: the best first. apart: pairs told apart."""
    groups = [frozenset(names)]
    for one, other in apart:
        split = [g - {name} for g in groups if {one, other} <= g for name in (one, other)]
        groups = _largest([g for g in groups if not {one, other} <= g] + split)
    rank = {name: i for i, name in enumerate(names)}
    groups.sort(key=lambda group: sorted(rank[name] for name in group))
    return {name: "".join(_letter(i) for i, group in enumerate(groups) if name in group) for name in names}


def _largest(groups: list[frozenset[str]]) -> list[frozenset[str]]:
    """Those that are not part of another, each once."""
    unique = list(dict.fromkeys(groups))
    return [group for group in unique if not any(group < other for other in unique)]


def _letter(i: int) -> str:
    return chr(ord("a") + i) if i < 26 else f"({i + 1})"
