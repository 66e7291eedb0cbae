"""From the content to a PDF, by Typst. All text is data to the layout, so no name in it can be taken for markup."""

import json
from pathlib import Path
from typing import Any

import typst

from dalsegno.pipeline import files, headless

with headless.no_backend():
    import matplotlib
    from matplotlib.ft2font import FT2Font

LAYOUT = Path(__file__).parent / "paper.typ"


def write(path: str | Path, content: dict[str, Any]) -> str:
    """Write the PDF, whole or not at all; the same content gives the same bytes, as no date is in them.

    Returns the letters in it that only fonts of the machine can have.

    Letters come from Typst's own fonts and matplotlib's, which have Latin, Greek and Cyrillic; others, Chinese for one,
    from the fonts of the machine.
    """
    fonts, text = Path(matplotlib.get_data_path(), "fonts", "ttf"), json.dumps(content, ensure_ascii=False)
    with files.scratch(path) as folder:
        folder.mkdir()
        Path(folder, "paper.typ").write_bytes(LAYOUT.read_bytes())
        Path(folder, "content.json").write_text(text, encoding="utf-8")
        made = typst.compile(str(Path(folder, "paper.typ")), font_paths=[str(fonts)], format="pdf")
    with files.atomic(path) as draft:
        draft.write_bytes(made)
    known = FT2Font(str(fonts / "DejaVuSans.ttf")).get_charmap()
    return "".join(sorted({letter for letter in set(text) if ord(letter) not in known and letter.isprintable()}))
