"""Read sections of params.yaml into frozen dataclasses, or say exactly what is wrong with them.

A component owns its parameters: a `@section` dataclass stands above the code it steers. Parsing is strict (`true` is no
integer, `'1e-3'` no number) and unknown keys are refused, so tracking a section in `dvc.yaml` is exact.
"""

import importlib
import json
import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, fields
from functools import cache, lru_cache, partial, reduce
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

import yaml
from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError, ValidationInfo, with_config
from pydantic_core import PydanticCustomError

from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.refusals import NoText, Refused, reasons, shown, unreadable, unsuitable

FILE = "params.yaml"
Value = TypeVar("Value", str, float)


class _Yaml12(yaml.SafeLoader):
    """SafeLoader that reads as DVC does, which is YAML 1.2: `1e-4` is a number, `no` a word, and a key stands once.

    Keys are text as it is written: `1:` and `"1":` are the same.
    """

    yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers if tag.split(":")[-1] in ("null", "merge", "timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != f"{TAG}merge"]
        no_text = {key.value for key in keys if key.tag != f"{TAG}str"}
        for i, key in enumerate(keys):
            key.tag = f"{TAG}str"
            if key.value in [other.value for other in keys[:i]]:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands here twice", key.start_mark)
        return {NoText(k) if k in no_text else k: v for k, v in super().construct_mapping(node, deep).items()}


TAG = "tag:yaml.org,2002:"
FLOAT = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
_Yaml12.add_implicit_resolver(f"{TAG}bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Yaml12.add_implicit_resolver(f"{TAG}int", re.compile("^[-+]?[0-9][0-9_]*$"), list("-+0123456789"))
_Yaml12.add_implicit_resolver(f"{TAG}float", re.compile(f"^(?:{FLOAT})$"), list("-+.0123456789"))
_Yaml12.add_constructor(f"{TAG}int", lambda _, node: int(node.value))  # 010 is ten
_parsed = lru_cache(maxsize=4)(partial(yaml.load, Loader=_Yaml12))  # takes 16 ms, and a stage asks for several sections


@dataclass_transform(frozen_default=True, kw_only_default=True)
def section(cls: type) -> type:
    """Make `cls` a frozen, keyword-only dataclass that refuses unknown keys when read from params.yaml."""
    return with_config(ConfigDict(extra="forbid"))(dataclass(frozen=True, kw_only=True)(cls))


def chosen(package: str, by: str) -> PlainValidator:
    """Annotation of a field that is read as the `Params` of `<package>.<value of the earlier field `by`>`.

    `arch: str` followed by `model: Annotated[Any, chosen("dalsegno.models", by="arch")]` reads `model` as that
    architecture's Params.
    """

    def read(value: Any, info: ValidationInfo) -> Any:
        name = info.data.get(by)
        if name is None:  # `by` is itself wrong, and reported
            return value
        try:
            cls = component(package, name).Params
        except ValueError as error:
            raise PydanticCustomError("misnamed", "no such file", {"by": by, "what": str(error)}) from None
        return _nested({} if value is None else value, cls)

    return PlainValidator(read)


def one_of(by: str, classes: dict[str, type]) -> PlainValidator:
    """Annotation of an entry that is read as one of `classes`: the one whose key its value of `by` begins with.

    A parameter that only another of the classes has is refused as being of no use there.
    """

    def read(entry: Any) -> Any:
        value = entry.get(by) if isinstance(entry, dict) else None
        cls = next((cls for prefix, cls in classes.items() if str(value).startswith(prefix)), None)
        if cls is None:
            raise ValueError(f"{by} is {shown(value)}; it must begin with {' or '.join(classes)}")
        others = {f.name for other in classes.values() for f in fields(other)} - {f.name for f in fields(cls)}
        useless = ", ".join(name for name in entry if name in others)
        refused = [("", f"{useless}: of no use where {by} is {shown(value)}")] if useless else []
        return _nested({name: entry[name] for name in entry if name not in others}, cls, refused)

    return PlainValidator(read)


def component(package: str, name: str) -> Any:
    """The module `<package>.<name>`; ValueError with the nearest name if there is none."""
    folders = importlib.import_module(package).__path__
    names = sorted(file.stem for folder in folders for file in Path(folder).glob("*.py") if file.stem != "__init__")
    if name not in names:
        raise ValueError(
            f"there is no {name!r} in {package.replace('.', '/')}/{hint(name, names)}; there are: {', '.join(names)}"
        )
    return importlib.import_module(f"{package}.{name}")


def load(**types: type) -> Any:
    """Read whole sections: `load(dataset=dataset.Params)`; several give a tuple in the order asked for.

    Raises UserError naming every problem of these sections, each with its path in params.yaml.
    """
    doc = document()
    parsed, problems = [], []
    for name, cls in types.items():
        if name not in doc:
            problems.append(f"{name}: this section is missing")
            continue
        value, found = parse(name, doc[name], cls)
        parsed.append(value)
        problems += found
    if problems:
        raise Refused(problems)
    return parsed[0] if len(parsed) == 1 else tuple(parsed)


def variant(key: str, **types: type) -> Any:
    """Read one entry of a dictionary of variants: `variant("resnet", cnn=cnn.Params)` reads `cnn.resnet`."""
    ((family, cls),) = types.items()
    entries = document().get(family) or {}
    if key not in entries:
        raise UserError(f"{FILE}: {family}.{key}: there is no such entry{hint(key, list(entries))}")
    value, problems = parse(f"{family}.{key}", entries[key], cls)
    if problems:
        raise Refused(problems)
    return value


def value(path: str, kind: type[Value]) -> Value:
    """One value of another section, e.g. `value("dataset.root", str)`. Raises UserError if it is missing or no `kind`."""
    got = reduce(lambda owner, name: owner.get(name) if isinstance(owner, dict) else None, path.split("."), document())
    if not isinstance(got, kind):
        raise Refused([f"{path}: expected {'text' if kind is str else 'a number'}, got {shown(got)}"])
    return got


def names(*families: str) -> tuple[list[str], ...]:
    """The keys of whole dictionaries of variants, e.g. which models params.yaml asks for."""
    doc = document()
    return tuple(list(doc.get(family) or {}) for family in families)


def document(path: str | Path = FILE) -> dict[str, Any]:
    """params.yaml as plain data. Raises UserError if it is missing, not YAML, or not a mapping."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file in {Path.cwd()}; run from the top of the repository")
    try:
        doc = deepcopy(_parsed(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValueError, OSError, RecursionError) as error:
        raise UserError(f"{path}: {unreadable(error)}") from None
    if not isinstance(doc, dict):
        raise UserError(f"{path}: expected sections such as 'dataset:', got {shown(doc)}")
    return doc


def parse(name: str, raw: Any, cls: type) -> tuple[Any, list[str]]:
    """`raw` as a `cls`, and the problems found, each beginning with its path under `name`."""
    value, problems = _read(raw, cls)
    return value, [f"{name}.{where}: {what}" if where else f"{name}: {what}" for where, what in problems]


def _read(raw: Any, cls: type) -> tuple[Any, list[tuple[str, str]]]:
    """`raw` as a `cls`, or the problems: (path inside `raw`, what is wrong)."""
    if problems := unsuitable(raw):
        return None, problems
    try:
        return _adapter(cls).validate_json(json.dumps(raw), strict=True), []
    except ValidationError as error:
        return None, reasons(error, cls)


@cache
def _adapter(cls: type) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _nested(raw: Any, cls: type, refused: Sequence[tuple[str, str]] = ()) -> Any:
    """`raw` as a `cls`. Raises an error whose problems, with those already `refused`, `reasons` takes apart."""
    value, problems = _read(raw, cls)
    if refused or problems:
        raise PydanticCustomError("chosen", "nested", {"problems": [*refused, *problems]})
    return value
