"""`dalsegno doctor FOLDER`: which clips can be used, which not and why."""

import argparse
import json
from typing import Any

from dalsegno.cli import options
from dalsegno.cli.commands import datasets
from dalsegno.clips import examine
from dalsegno.clips.examine import Examination
from dalsegno.pipeline import files
from dalsegno.pipeline.runtime import Runtime
from dalsegno.report.doctor import page, terminal

N_SHOWN = 5  # files of each kind that the doctor lists


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, its layout, and how much to say."""
    parser.add_argument("folder", metavar="FOLDER", type=options.path, help="the folder of clips")
    parser.add_argument(
        "--dataset", choices=datasets.NAMES, default="folders", help="layout of the folder (default: %(default)s)"
    )
    parser.add_argument("--all", action="store_true", help=f"list all files of each kind, not at most {N_SHOWN}")
    parser.add_argument(
        "--json", action="store_true", help="print counts and every file left out as JSON, and nothing else"
    )
    parser.add_argument(
        "--page", type=options.written(".html", ".htm"), metavar="FILE", help="write the findings as HTML as well"
    )


def run(arguments: argparse.Namespace) -> None:
    """Examine a folder as the stage `clips` does. Raises UserError if no file in it can be used."""
    p = datasets.asked(arguments.folder, arguments.dataset)
    examination = examine.examine(arguments.folder, p, Runtime())
    if arguments.json:
        print(json.dumps(_plain(examination), indent=1, ensure_ascii=False))
    else:
        terminal.report(examination, None if arguments.all else N_SHOWN)
    if arguments.page:
        files.write_text(arguments.page, page.render(examination, page.drawings(examination)))
        if not arguments.json:
            print(f"page: {arguments.page}")


def _plain(examination: Examination) -> dict[str, Any]:
    """The counts of metrics/clips.json, and which files they count: those left out, copies and remarks."""
    left_out = examination.clips.loc[examination.clips["excluded"] != "", ["path", "excluded"]]
    tables = {"files_left_out": left_out, "pairs_of_copies": examination.copies, "all_remarks": examination.remarks}
    return examination.summary() | {name: table.to_dict("records") for name, table in tables.items()}
