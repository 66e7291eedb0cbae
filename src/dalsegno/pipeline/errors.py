"""What a user can mend, told in the user's own words."""

import difflib


class UserError(ValueError):
    """Something the user can mend; its message is all that is shown of it."""


def hint(got: str, known: list[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, whatever its case, or nothing."""
    spelt = {name.casefold(): name for name in reversed(known)}
    near = difflib.get_close_matches(got.casefold(), spelt, n=1)
    return f"; did you mean {spelt[near[0]]!r}?" if near else ""


def gist(error: BaseException) -> str:
    """The first line of what an error says, or its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
