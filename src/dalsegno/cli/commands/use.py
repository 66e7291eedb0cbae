"""`dalsegno use RECIPE`: a recipe in place of params.yaml, the difference shown, and the way back."""

import argparse
from pathlib import Path

from dalsegno.cli import params_text
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError, hint

RECIPES, KEPT = Path("recipes"), Path(".params.yaml.before-use")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which recipe, or the way back."""
    parser.add_argument(
        "recipe", metavar="RECIPE", nargs="?", help="a file of recipes/, with or without .yaml; none: list them"
    )
    parser.add_argument("--show", action="store_true", help="show the difference and change nothing")
    parser.add_argument("--undo", action="store_true", help="put back what the last `dalsegno use` replaced")


def run(arguments: argparse.Namespace) -> None:
    """List, show, use or undo. Raises UserError if there is no such recipe, or nothing to undo."""
    here = Path(params.FILE)
    before = params_text.read()
    if arguments.undo:
        if not KEPT.is_file():
            raise UserError("there is nothing to undo: `dalsegno use` has replaced nothing here")
        kept = KEPT.read_text(encoding="utf-8")
        files.write_text(KEPT, before)  # it may hold changes by hand
        _replace(here, kept, "as it was before; `dalsegno use --undo` once more takes that back")
    elif arguments.recipe is None:
        print("\n".join(f"{path.stem:<24} {_title(path)}" for path in sorted(RECIPES.glob("*.yaml"))))
    else:
        recipe = _recipe(arguments.recipe)
        after = recipe.read_text(encoding="utf-8")
        print(_difference(before, after, str(recipe)), end="")
        if not arguments.show and before != after:
            files.write_text(KEPT, before)
            _replace(
                here, after, f"{recipe}; `dalsegno use --undo` takes that back, `dalsegno check` looks for the data"
            )


def _recipe(word: str) -> Path:
    names = [path.stem for path in RECIPES.glob("*.yaml")]
    name = Path(word).stem if word.endswith(".yaml") else word
    path = Path(word) if Path(word).is_file() else RECIPES / f"{name}.yaml"
    if not path.is_file():
        raise UserError(f"{word}: there is no such recipe{hint(name, names)}; there are: {', '.join(sorted(names))}")
    params.document(path)  # raises UserError if it is no params file
    return path


def _difference(before: str, after: str, name: str) -> str:
    return params_text.difference(before, after, params.FILE, name) or f"{params.FILE} is {name} already\n"


def _replace(path: Path, text: str, what: str) -> None:
    files.write_text(path, text)
    print(f"{path} is now {what}")


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
