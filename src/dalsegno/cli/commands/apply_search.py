"""`dalsegno apply-search KEY`: the best values of a search in params.yaml, comments kept, the difference shown."""

import argparse
import json
from pathlib import Path
from typing import Any

from dalsegno.cli import options, params_text
from dalsegno.pipeline import files, params
from dalsegno.pipeline.errors import UserError, hint

FOUND = Path("data/searches")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which search, and whether to look only."""
    parser.add_argument(
        "key", metavar="KEY", type=options.name, help="an entry of `search:` in params.yaml that was run"
    )
    parser.add_argument("--show", action="store_true", help="show the difference and change nothing")


def run(arguments: argparse.Namespace) -> None:
    """Write the values of best.yaml. Raises UserError if the search was not run, or its entry is gone."""
    before, path = params_text.read(), FOUND / arguments.key / "best.yaml"
    if not path.is_file():
        known = [best.parent.name for best in FOUND.glob("*/best.yaml")]
        made_by = f"; `dvc repro search/dvc.yaml:search@{arguments.key}` makes it if `search:` in {params.FILE} has that entry"
        raise UserError(f"{arguments.key}: there is no {path}{hint(arguments.key, known) or made_by}")
    params.document()  # says what is wrong where it is no YAML
    after = _with_values(before, _best(path))
    print(params_text.difference(before, after, "before", params.FILE), end="")
    if before == after:
        print(f"{params.FILE} has these values already")
    elif not arguments.show:
        files.write_text(Path(params.FILE), after)
        print(f"{params.FILE} now has the best values; `dvc repro` runs what they affect")


def _best(path: Path) -> dict[str, dict[str, Any]]:
    """The values of best.yaml, by entry and path below it."""
    best = params.document(path)
    if not all(isinstance(values, dict) for values in best.values()):
        raise UserError(f"{path} is not as the search wrote it; `dvc repro search/dvc.yaml` makes it anew")
    return best


def _with_values(text: str, best: dict[str, dict[str, Any]]) -> str:
    """The text of params.yaml with other values; every other character stays."""
    for of, values in best.items():
        for path, value in values.items():
            text = params_text.with_value(
                text, [*of.split("."), *path.split(".")], json.dumps(value, ensure_ascii=False)
            )
    return text
