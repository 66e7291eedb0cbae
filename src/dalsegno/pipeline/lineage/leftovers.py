"""Outputs of entries that params.yaml no longer has."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _linked() -> list[str]:
    """Paths of outputs that lie as DVC left them, whichever branch had them."""
    from dvc.exceptions import NotDvcRepoError  # takes a second, which few stages need
    from dvc.repo import Repo

    try:
        with Repo() as repo:
            return repo.state.get_unused_links([], repo.fs)
    except NotDvcRepoError:
        return []


def leftovers(address: str, stages: dict[str, Any], entries: dict[str, Any], lock: str) -> list[str]:
    """Outputs of entries that params.yaml no longer has, in folders on which the stage `address` depends as a whole.

    DVC leaves them, and takes the folder with them for another than that of a clone. The metrics of such an entry follow: Git
    would keep them, until a `dvc checkout` removes them on whichever branch is there by then.
    stages: of dvc.yaml. entries: params.yaml. lock: the text of dvc.lock, which names all that was ever run on this branch.
    What was run on another one, and stayed as nobody called `dvc checkout`, is among `_linked`; DVC has not made the rest.
    """
    stage = stages.get(address.partition("@")[0], {})
    folders = [dep for dep in stage.get("do", stage).get("deps", []) if "$" not in dep]
    families = {family: each["do"] for family, each in stages.items() if "foreach" in each}
    stray = {
        out: (family, key)
        for family, do in families.items()
        for template in _paths(do, "outs")
        if any(Path(template).is_relative_to(folder) for folder in folders)
        for key, out in _lying(template)
        if key not in (entries.get(family) or {})
    }
    ever = set(re.findall(r"^  (\w+)@([\w-]+):$", lock, re.M))
    links = set() if ever.issuperset(stray.values()) else set(_linked())
    left = {out: pair for out, pair in stray.items() if pair in ever or out in links}
    measured = [
        path.replace("${key}", key)
        for family, key in dict.fromkeys(left.values())
        for path in (*_paths(families[family], "metrics"), *_paths(families[family], "plots"))
    ]
    return [*sorted(left), *(path for path in measured if Path(path).exists())]


def _paths(do: dict[str, Any], kind: str) -> list[str]:
    """The paths of a stage that hold the key, and so are of one entry alone; each is a text, or has settings under it."""
    listed = (path for each in do.get(kind, []) for path in ([each] if isinstance(each, str) else each))
    return [path for path in listed if path.count("${key}") == 1]


def _lying(template: str) -> Iterator[tuple[str, str]]:
    """Each key for which there is a file or folder at `template`, and its path."""
    before, after = template.split("${key}")
    for path in sorted(Path().glob(f"{before}*{after}")):
        yield path.as_posix().removeprefix(before).removesuffix(after), path.as_posix()
