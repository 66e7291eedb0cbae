"""From the content to a PDF, by Typst. All text is data to the layout, so no name in it can be taken for markup."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from dalsegno.pipeline import files, headless

with headless.no_backend():
    import matplotlib

LAYOUT = Path(__file__).parent / "paper.typ"


def write(path: str | Path, content: dict[str, Any]) -> None:
    """Write the PDF, whole or not at all; the same content gives the same bytes, as no date is in them.

    Letters come from Typst's own fonts and matplotlib's, which have Latin, Greek and Cyrillic; others, Chinese for one,
    from the fonts of the machine.
    """
    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with TemporaryDirectory() as folder:
        Path(folder, "paper.typ").write_bytes(LAYOUT.read_bytes())
        Path(folder, "content.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        made = typst.compile(str(Path(folder, "paper.typ")), font_paths=[str(fonts)], format="pdf")
    with files.atomic(path) as draft:
        draft.write_bytes(made)
