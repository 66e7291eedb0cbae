"""`dalsegno music FOLDER`: the run is on a folder of one's own from now on. `make run MUSIC=FOLDER` calls it."""

import argparse
import json
from pathlib import Path

from dalsegno.cli import options, params_text
from dalsegno.clips.tree import walk
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.refusals import mapping


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder."""
    parser.add_argument(
        "folder", metavar="FOLDER", type=options.path, help="a folder that holds one folder of sound per class"
    )


def run(arguments: argparse.Namespace) -> None:
    """Write the folder into params.yaml as `dataset.root`.

    Raises UserError if there is no such folder, or no params.yaml here.
    """
    here, folder, text = Path(params.FILE), arguments.folder.expanduser(), params_text.read()
    if folder.is_file():
        raise UserError(
            f"{walk.where(folder)} is a file; unpack it if it is an archive, and name the folder that holds a folder per class"
        )
    if not folder.is_dir():
        raise UserError(
            f"{walk.where(folder)} is not a folder; expected one that holds a folder per class{walk.nearest(folder)}"
        )
    if Path.cwd().is_relative_to(folder.resolve()):
        raise UserError(
            f"{walk.where(folder)} holds this repository; name a folder that holds a folder per class alone"
        )
    now, before = mapping(params.document(), "dataset"), text
    wanted = {"name": "folders", "root": _root(folder.resolve())}
    for name, value in wanted.items():
        if now.get(name) != value:
            written = value if name == "name" else json.dumps(value, ensure_ascii=False)
            text = params_text.with_value(text, ["dataset", name], written)
    if text != before:
        files.write_text(here, text)
    print(f"{here}: dataset.root is {wanted['root']}")


def _root(folder: Path) -> str:
    """The absolute path, as a relative one leads elsewhere in a queued experiment; but below the repository that of what DVC
    tracks, which is there in every copy of it."""
    here = Path.cwd().resolve()
    tracked = folder.is_relative_to(here) and Path(f"{folder}.dvc").is_file()
    return folder.relative_to(here).as_posix() if tracked else str(folder)
