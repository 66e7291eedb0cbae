"""Pieces of a clip as items of their own: `blues.00000#3/10` is the fourth of ten equal shares of `blues.00000`.

Only the leaky protocol `shuffled_segments` deals out pieces; every other protocol deals out whole clips. A clip's id is safe as a
file name, so it has no `/`, and a piece's id cannot be mistaken for one.
"""

import re

_PIECE = re.compile(r"(?P<clip>.*)#(?P<k>[0-9]+)/(?P<n>[0-9]+)", re.DOTALL)


def name(clip_id: str, k: int, n: int) -> str:
    """The id of piece `k` (0 … n-1) of `n`."""
    return f"{clip_id}#{k}/{n}"


def place(item_id: str) -> tuple[str, int, int]:
    """(clip_id, k, n) of a piece; (clip_id, 0, 1) of a whole clip."""
    piece = _PIECE.fullmatch(item_id)
    return (piece["clip"], int(piece["k"]), int(piece["n"])) if piece else (item_id, 0, 1)


def clip_of(item_id: str) -> str:
    """The id of the clip that a piece belongs to; a whole clip's own id."""
    return place(item_id)[0]
