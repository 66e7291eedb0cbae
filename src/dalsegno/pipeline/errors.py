"""What a user can mend, told in the user's own words."""

import difflib


class UserError(ValueError):
    """Something the user can mend; its message is all that is shown of it."""


def hint(got: str, known: list[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or nothing."""
    near = difflib.get_close_matches(got, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
