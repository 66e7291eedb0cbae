"""What the stages of dvc.yaml take from params.yaml by name: does it lead somewhere, and can DVC hash it?"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dalsegno.cli.checking import unhashable
from dalsegno.pipeline.errors import UserError, hint
from dalsegno.pipeline.lineage.templates import NAMED, filled, looked_up
from dalsegno.pipeline.refusals import unreadable


@dataclass(frozen=True)
class Input:
    """A dependency of a stage that params.yaml names: `prefix` + `value` + more is `path`."""

    parameter: str  # where params.yaml names it, e.g. cnn.conv.spectrogram
    value: str
    prefix: str
    path: Path

    def problem(self, outs: dict[Path, Path]) -> str | None:
        """Why no stage can read this; `outs` are what stages write, by its real path, and all that can stand behind a prefix."""
        there, whole = _is_there(self.path), real(self.path)
        made = _made(whole, outs)
        if self.prefix and f"{self.prefix}{self.value}" != str(made):  # the name of an entry, which is no path
            made = None
        holds = any(place.is_relative_to(whole) for place in outs)
        if made is None and (self.prefix or not (holds or there)):
            if pointer := unfetched(self.path):
                return f"{self.parameter}: {self.value!r} is not there yet; `dvc pull {pointer}` fetches it"
            alike = [str(out) for out in outs.values() if len(out.parts) == len(self.path.parts)]
            values = [out.removeprefix(self.prefix) for out in alike if out.startswith(self.prefix)]
            old = there and f"no stage writes {str(self.path)!r}, and what is there comes from an earlier run"
            return (
                f"{self.parameter}: {self.value!r} leads nowhere: "
                f"{old or f'there is no {str(self.path)!r} and no stage writes it'}{hint(self.value, values)}{self._way()}"
            )
        if self.parameter.endswith(".weights") and made and self.path.name != "model.pt":
            return f"{self.parameter}: {self.value!r} leads nowhere; the weights in {str(made)!r} are called model.pt"
        pretrained = self.parameter.endswith(".weights") and (self.path / "config.json").is_file()  # by save_pretrained
        if self.parameter.endswith((".weights", ".table")) and made is None and (holds or self.path.is_dir()):
            return None if pretrained else f"{self.parameter}: {self.value!r} is a folder; expected a file"
        if holds and made is None:
            return (
                f"{self.parameter}: {self.value!r} holds what stages write; expected a folder or file apart from that"
            )
        return None

    def _way(self) -> str:
        """How what a plain run does not make can be had."""
        if self.path.parts[:1] == ("weights",):
            return "; `dalsegno weights list` names what can be fetched"
        if self.path.parts[:2] == ("data", "searches"):
            return f"; `dvc repro search/dvc.yaml:search@{self.path.name}` makes it, on demand"
        return ""


def problems(doc: dict[str, Any], dvc_yaml: Path) -> list[str]:
    """Every name of params.yaml that leads nowhere or to what DVC cannot hash, or that DVC misses, once, with its path in `doc`.

    Raises UserError if `dvc_yaml` has no stages to read.
    """
    stages = _stages(dvc_yaml)
    inputs, outs = _graph(doc, stages)
    pretrained = _variants(doc, {"foreach": "${pretrain}"})  # names an entry of spectrograms, and reads no store of it
    inputs += [taken for entry in pretrained if (taken := _input("data/spectrograms/${item.spectrogram}", *entry))]
    lines = list(_missing(doc, stages))
    for taken in inputs:
        problem = taken.problem(outs)
        if problem:
            lines.append(problem)
        elif _made(real(taken.path), outs) is None:
            lines += [f"{taken.parameter}: {reason}" for reason in unhashable.reasons(taken.path)]
    return list(dict.fromkeys(lines))


def real(path: Path) -> Path:
    """The absolute path without links and `..`; also of what is not there, or a link to itself."""
    return Path(os.path.realpath(path))


def _made(whole: Path, outs: dict[Path, Path]) -> Path | None:
    """The one of `outs` that a real path is, or lies in."""
    return next((outs[place] for place in (whole, *whole.parents) if place in outs), None)


def unfetched(path: Path) -> Path | None:
    """The .dvc file that tracks `path`, or a folder above it, if what it tracks is not there; else None."""
    absent = (above for above in (path, *path.parents) if not _is_there(above))
    return next((pointer for above in absent if _is_there(pointer := Path(f"{above}.dvc"))), None)


def _stages(dvc_yaml: Path) -> dict[str, Any]:
    try:
        return dict(yaml.safe_load(dvc_yaml.read_text(encoding="utf-8"))["stages"])
    except (yaml.YAMLError, ValueError, OSError, TypeError, KeyError) as error:
        why = unreadable(error) if isinstance(error, yaml.YAMLError | ValueError | OSError) else "it has no stages"
        raise UserError(f"{dvc_yaml}: {why}") from None


def _is_there(path: Path) -> bool:
    """Whether there is anything at `path`; nothing is where a name is longer than a file system allows."""
    try:
        return path.exists()
    except OSError:
        return False


def _missing(doc: dict[str, Any], stages: dict[str, Any]) -> Iterator[str]:
    """Parameters that dvc.yaml names: they cannot be left out, whatever default a stage has for them, as DVC knows of none."""
    for stage in stages.values():
        for scope, owner in _variants(doc, stage):
            for name in NAMED.findall(json.dumps(stage)):
                above, _, last = name.rpartition(".")
                section = looked_up(scope, above) if above else None
                if isinstance(section, dict) and last not in section:
                    yield f"{_parameter(name, owner)}: is missing"


def _graph(doc: dict[str, Any], stages: dict[str, Any]) -> tuple[list[Input], dict[Path, Path]]:
    """What stages take by name, code apart, and what they write, by its real path."""
    inputs, outs = [], dict[Path, Path]()
    for stage in stages.values():
        for scope, owner in _variants(doc, stage):
            body = stage.get("do", stage)
            inputs += [taken for dep in body["deps"] if (taken := _input(dep, scope, owner)) is not None]
            entries = [*body.get("outs", []), *body.get("metrics", []), *body.get("plots", [])]
            paths = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
            outs |= {real(out): out for out in (Path(filled(path, scope)) for path in paths)}
    return inputs, outs


def _variants(doc: dict[str, Any], stage: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The names that a stage's templates may use, and the path of its entry in params.yaml; of each entry of a `foreach`."""
    if "foreach" not in stage:
        yield doc, ""
        return
    family = stage["foreach"][2:-1]
    entries = doc.get(family)
    for key, item in entries.items() if isinstance(entries, dict) else ():
        yield doc | {"key": key, "item": item}, f"{family}.{key}"


def _input(dep: str, scope: dict[str, Any], owner: str) -> Input | None:
    """The dependency if it is named by a text of params.yaml; what is not text, `pipeline.check` has refused."""
    name = NAMED.search(dep)
    if name is None or dep.startswith("src/"):
        return None
    value = looked_up(scope, name[1])
    if not isinstance(value, str):
        return None
    return Input(
        parameter=_parameter(name[1], owner),
        value=value,
        prefix=dep[: name.start()],
        path=Path(dep[: name.start()] + value + dep[name.end() :]),
    )


def _parameter(name: str, owner: str) -> str:
    """Where params.yaml has what dvc.yaml calls `name`, for a stage of the entry `owner`."""
    return re.sub(r"^item\b", owner, name)
