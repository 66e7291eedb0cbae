"""Read sections of params.yaml into frozen dataclasses, or say exactly what is wrong with them.

A component owns its parameters: a `@section` dataclass stands above the code it steers. Parsing is strict (`true` is no
integer, `'1e-3'` no number) and unknown keys are refused, so tracking a section in `dvc.yaml` is exact.
"""

import importlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, dataclass_transform

import yaml
from pydantic import ConfigDict, PlainValidator, TypeAdapter, ValidationError, ValidationInfo, with_config
from pydantic_core import PydanticCustomError

from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.refusals import Refused, reasons

FILE = "params.yaml"


class _Yaml12(yaml.SafeLoader):
    """SafeLoader that reads `1e-4` as a float, as DVC (YAML 1.2) does and PyYAML (YAML 1.1) does not."""


_Yaml12.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def section(cls: type) -> type:
    """Make `cls` a frozen, keyword-only dataclass that refuses unknown keys when read from params.yaml."""
    return with_config(ConfigDict(extra="forbid"))(dataclass(frozen=True, kw_only=True)(cls))


def chosen(package: str, by: str) -> Any:
    """Field type whose dataclass is the `Params` of `<package>.<value of the earlier field `by`>`.

    `arch: str` followed by `model: chosen("dalsegno.models", by="arch")` reads `model` as that architecture's Params.
    """

    def read(value: Any, info: ValidationInfo) -> Any:
        name = info.data.get(by)
        if name is None:  # `by` is itself wrong, and reported
            return value
        try:
            cls = component(package, name).Params
        except ValueError as error:
            raise PydanticCustomError("misnamed", "no such file", {"by": by, "what": str(error)}) from None
        try:
            return TypeAdapter(cls).validate_json(json.dumps({} if value is None else value), strict=True)
        except ValidationError as error:
            raise PydanticCustomError("chosen", "nested", {"problems": reasons(error, cls)}) from None

    return Annotated[Any, PlainValidator(read)]


def component(package: str, name: str) -> Any:
    """The module `<package>.<name>`; ValueError with the nearest name if there is none."""
    folder = Path(importlib.import_module(package).__file__).parent
    names = sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")
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
    _refuse(problems)
    return parsed[0] if len(parsed) == 1 else tuple(parsed)


def variant(key: str, **types: type) -> Any:
    """Read one entry of a dictionary of variants: `variant("resnet", cnn=cnn.Params)` reads `cnn.resnet`."""
    ((family, cls),) = types.items()
    entries = document().get(family) or {}
    if key not in entries:
        raise UserError(f"{FILE}: {family}.{key}: there is no such entry{hint(key, list(entries))}")
    value, problems = parse(f"{family}.{key}", entries[key], cls)
    _refuse(problems)
    return value


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
        doc = yaml.load(path.read_text(), _Yaml12)
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(doc, dict):
        raise UserError(f"{path}: expected sections such as 'dataset:', got {type(doc).__name__}")
    return doc


def parse(name: str, raw: Any, cls: type) -> tuple[Any, list[str]]:
    """`raw` as a `cls`, and the problems found, each beginning with its path under `name`."""
    try:
        return TypeAdapter(cls).validate_json(json.dumps(raw), strict=True), []
    except ValidationError as error:
        return None, [f"{name}.{where}: {what}" if where else f"{name}: {what}" for where, what in reasons(error, cls)]


def _refuse(problems: list[str]) -> None:
    if problems:
        raise Refused(problems)
