"""The one order in which models stand, in every table, plot and sentence."""

from collections.abc import Mapping

PLACES = 6  # of an accuracy, as compare.json has them: what differs by less is equal


def ranked(accuracies: Mapping[str, float]) -> list[str]:
    """Names of models, the most accurate first and equals by name. accuracies: in [0, 1], by name."""
    return sorted(accuracies, key=lambda name: (-round(accuracies[name], PLACES), name))
