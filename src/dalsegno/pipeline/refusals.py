"""What is wrong with values of params.yaml, in words that name the parameter, what was got and what it may be."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from dalsegno.pipeline.errors import UserError, counted, hint

LARGEST = 10**18 - 1  # what fits in 64 bits, as NumPy and PyTorch count
LONGEST = 200  # of a value, in a message
INTERNAL = re.compile(r"^Value error, |^(Input|Tuple|List|Dictionary) (?=should )| after validation, not \d+$")
"""What pydantic says in messages of how it goes about it."""


class NoText(str):
    """A key that stands without quotes and that DVC reads as a number, a date, true, false or null."""


class Refused(UserError):
    """Values that params.yaml must not have: `problems`, each beginning with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n  ".join([f"params.yaml: {counted(len(self.problems), 'problem')}, nothing was run:", *self.problems])


class ReadWhere:
    """Annotation of a field that is read only where one of these other fields is set, or has one of these values.

    Set is what is neither null, false, 0 nor empty. A list has the values that are in it.
    """

    def __init__(self, *switches: str, **choices: tuple[Any, ...]) -> None:
        self.switches, self.choices = switches, choices

    def others(self, p: Any) -> str:
        """What the others have in `p`, in words, where they have it that nothing reads the field; else nothing."""
        there = {name: getattr(p, name) for name in (*self.switches, *self.choices)}
        held = {name: value if isinstance(value, list) else [value] for name, value in there.items()}
        read = [there[name] for name in self.switches] + [{*held[name]} & {*of} for name, of in self.choices.items()]
        return "" if any(read) else " and ".join(f"{name} is {shown(value)}" for name, value in there.items())


def unread(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, why) of each setting in a section, or in those inside it, that is not its default and that nothing reads."""
    if isinstance(value, dict | tuple | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from unread(inner, f"{path}.{key}")
    if not is_dataclass(value):
        return
    hints = get_type_hints(type(value), include_extras=True)
    for field in fields(value):
        inner, place = getattr(value, field.name), f"{path}.{field.name}"
        yield from unread(inner, place)
        default = field.default if field.default_factory is MISSING else field.default_factory()
        for mark in getattr(hints[field.name], "__metadata__", ()) if inner != default else ():
            if isinstance(mark, ReadWhere) and (others := mark.others(value)):
                yield place.removeprefix("."), f"nothing reads it where {others}; leave it out"


def nested(problems: Iterable[tuple[str, str]]) -> PydanticCustomError:
    """What a validator raises that has found several problems in a value: (path inside it, what is wrong there)."""
    return PydanticCustomError("chosen", "nested", {"problems": [*problems]})


def mapping(doc: Mapping[str, Any], section: str) -> dict[str, Any]:
    """What a section of params.yaml has by name, for who reads it as plain data; nothing if it is null or not there.

    Raises Refused if it is not a mapping.
    """
    found = doc.get(section)
    if not isinstance(found, dict | None):
        raise Refused([f"{section}: expected parameters or entries by name, got {shown(found)}"])
    return found or {}


def unreadable(error: Exception) -> str:
    """Why a file is no YAML: a ValueError may be the 30th of February, or a number of 5,000 digits."""
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return f"line {line} is not UTF-8; save the file with this encoding"
    return f"{'it cannot be read' if isinstance(error, OSError | RecursionError) else 'not valid YAML'}: {error}"


def unsuitable(raw: Any, inside: tuple[Any, ...] = ()) -> list[tuple[str, str]]:
    """(path, what is wrong there) of every value that is none of text, number, true, false, null, list or mapping."""
    if any(raw is outer for outer in inside):
        return [("", "it contains itself; write out what it stands for")]
    if isinstance(raw, dict | list):
        entries = list(raw.items() if isinstance(raw, dict) else enumerate(raw))
        no_text = [(key, "this key is not text; put it in quotes") for key, _ in entries if isinstance(key, NoText)]
        return no_text + [
            (f"{key}.{place}" if place else str(key), reason)
            for key, value in entries
            for place, reason in unsuitable(value, (*inside, raw))
        ]
    if isinstance(raw, float) and not math.isfinite(raw):
        return [("", f"expected a number, got {raw}")]
    if isinstance(raw, int) and abs(raw) > LARGEST:
        return [("", f"expected a number of up to 18 digits, got one of {len(str(abs(raw)))}")]
    if isinstance(raw, str) and "\0" in raw:
        return [("", "a text with the character \\0 cannot stand here")]
    if isinstance(raw, date):
        return [("", f"this is read as a date, {raw}; put it in quotes if it is a name")]
    if not isinstance(raw, str | int | float | None):
        return [("", f"a {type(raw).__name__} cannot stand here")]
    return []


def reasons(error: ValidationError, cls: type) -> list[tuple[str, str]]:
    """(path under the section, what is wrong there) of everything that pydantic refused in a `cls`."""
    told: dict[Any, ErrorDetails] = {}
    for detail in error.errors():
        if detail["type"] == "too_short" and len(detail["input"]) >= detail.get("ctx", {})["min_length"]:
            continue  # it counts entries without those that are refused
        loc = _as_typed(detail["loc"], cls)
        one = loc if loc != detail["loc"] else (loc, detail["type"])
        if one in told:
            told[one]["msg"] += f", or {detail['msg'].removeprefix('Input should be ')}"
        else:
            told[one] = {**detail, "loc": loc}
    return [reason for detail in told.values() for reason in _reasons_of(detail, cls)]


def _as_typed(loc: tuple[int | str, ...], cls: Any) -> tuple[int | str, ...]:
    """A path under a `cls`, without the names that pydantic gives to the alternatives of a value, such as number or word."""
    for i in range(len(loc)):
        within = _at(cls, loc[:i])
        if get_origin(within) in (Union, UnionType) and len({*get_args(within)} - {NoneType}) > 1:
            return loc[:i]
    return loc


def _reasons_of(detail: ErrorDetails, cls: type) -> list[tuple[str, str]]:
    place = ".".join(map(str, detail["loc"]))
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "chosen":
        return [(".".join(filter(None, (place, inner))), reason) for inner, reason in context["problems"]]
    if kind == "misnamed":
        return [(".".join(map(str, (*detail["loc"][:-1], context["by"]))), context["what"])]
    if kind == "unexpected_keyword_argument":
        owner = _owner(cls, detail["loc"][:-1])
        known = [field.name for field in fields(owner)] if owner else []
        return [(place, f"there is no such parameter{hint(str(detail['loc'][-1]), known)}")]
    if kind in ("missing", "missing_argument"):
        return [(place, "is missing")]
    return [(place, _reason(detail["msg"], detail["input"]))]


def _reason(message: str, got: Any) -> str:
    """pydantic's message and the value; a section's own check is about several values and names them itself."""
    message = INTERNAL.sub("", message).replace("valid array", "valid list")
    own_check = isinstance(got, dict) or is_dataclass(got)
    return message if own_check else f"{message}, got {shown(got)}"


def shown(value: Any) -> str:
    """A value of params.yaml as one types it there: null, not None; cut short if it is long."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def typed(value: Any) -> str:
    """The same without quotes around a text, for the middle of a sentence."""
    return value if isinstance(value, str) else shown(value)


def _owner(cls: Any, loc: tuple[int | str, ...]) -> Any:
    """The dataclass that the path `loc` leads to, for the names it knows; None if it leads to none."""
    found = _at(cls, loc)
    return found if is_dataclass(found) else None


def _at(cls: Any, loc: tuple[int | str, ...]) -> Any:
    """The type of what the path `loc` leads to; of a value that may also be null, the other type."""
    for part in loc:
        if is_dataclass(cls):
            cls = get_type_hints(cls).get(str(part))
        elif get_origin(cls) in (dict, list, tuple):
            cls = next(kind for kind in reversed(get_args(cls)) if kind is not ...)
        others = [kind for kind in get_args(cls) if kind is not NoneType]
        cls = others[0] if get_origin(cls) in (Union, UnionType) and len(others) == 1 else cls
    return cls
