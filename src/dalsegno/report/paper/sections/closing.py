"""What the abstract says of the answer, and what the last section says of what to do with it."""

from typing import Any

from dalsegno.report import formatting, gains, verdict
from dalsegno.report.page.sources import Sources


def answer(s: Sources) -> str:
    """The result in numbers, for the abstract: which model, and what pretraining changes."""
    found = _verdict(s)
    return " ".join(
        [*(found[:1] if _is_tie(s) else found), *(_gain(name, of) for name, of in s.compare["gains"].items())]
    )


def conclusions(s: Sources) -> str:
    """What follows from it: which model to take, and what remains open."""
    return " ".join([_choice(s), *(_open(name, of) for name, of in s.compare["gains"].items())])


def _choice(s: Sources) -> str:
    said, interval = s.compare["verdict"], s.compare["interval"]
    best = said["best"][0]
    if said["models"] < 2:
        return f"Whether {best} is worth its cost cannot be said without a second model."
    if interval["units"] < 2:
        return f"With a single independent {interval['unit']}, nothing follows for other clips; it takes more of them."
    if not said["letters"]:
        return f"If nothing matters but the accuracy of what was compared, {best} is the one to take; no other order follows, as not every pair was compared."
    if not _is_tie(s):
        return f"{best} is the one to take, unless a model that costs less is good enough."
    n = len(said["best"])
    which = "it may be any of them" if n == said["models"] else f"it is one of {n} among {said['models']}"
    settle = "more clips" if interval["unit"] == "clip" else f"clips of more {interval['unit']}s"
    fewer = ", or fewer pairs that are chosen beforehand, as every further one makes the correction stricter" * (
        said["pairs"] > 1
    )
    return (
        f"Which model is best remains open: {which}. {' '.join(_verdict(s)[1:])} Settling this takes {settle}{fewer}."
    )


def _is_tie(s: Sources) -> bool:
    said = s.compare["verdict"]
    return bool(said["models"] > 1 and s.compare["interval"]["units"] > 1 and said["letters"] and len(said["best"]) > 1)


def _verdict(s: Sources) -> list[str]:
    return verdict.verdict(s.compare, s.tables["pairs"].to_dict("records"))


def _gain(name: str, of: dict[str, Any]) -> str:
    return f"Starting {name} from pretrained weights instead of random ones {gains.gained(of)}, {formatting.p_value(of['p_value'])}."


def _open(name: str, of: dict[str, Any]) -> str:
    if name.endswith(formatting.STAMP):
        return f"What pretraining does to {name} cannot be concluded, as its weights knew scored clips."
    if not of["told_apart"]:
        return f"These clips do not show whether pretraining helps {name}."
    verb = "helped" if of["accuracy"] > 0 else "harmed"
    return f"Pretraining {verb} {name}: trained for as long as these two were, it pays to start from " + (
        "pretrained weights." if verb == "helped" else "random weights."
    )
