"""Under which licence stored models are, by the weights that they started from."""

from dalsegno.inference.stored.model_file import Stored


def licence(stored: list[Stored], licences: dict[str, str]) -> str:
    """That of the published weights that models started from; `unknown` if they are not listed, `none` without any.

    licences: of published weights, by their path.
    """
    published = {licences.get(path, "unknown") for path in _starts(stored) if not path.startswith("data/pretrain/")}
    return ", ".join(sorted(published)) or "none"


def words(stored: list[Stored], licence: str) -> str:
    """What the weights that models started from ask of whoever passes these on; licence: as of `licence`."""
    starts = _starts(stored)
    if not starts:
        return "It started from nobody else's weights; no licence but that of the recordings is on it."
    own = "they were trained by this run" if licence == "none" else f"licence of the published weights: {licence}"
    return f"It started from {', '.join(f'`{path}`' for path in starts)}; {own}. The licence of the recordings holds as well."


def _starts(stored: list[Stored]) -> list[str]:
    """The paths of the weights that models started from."""
    return sorted({of.content["weights"] for of in stored if of.content.get("weights")})
