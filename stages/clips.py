"""Decode every file of the data set once, name what is wrong with it, and write the list of clips."""

from pathlib import Path

from dalsegno.artefacts.data_set import clips_csv, copies_csv
from dalsegno.artefacts.learning import json_file
from dalsegno.clips import dataset, examine
from dalsegno.clips.tree import walk
from dalsegno.clips.tree.unchanged import unchanged
from dalsegno.pipeline import files, params, runtime, stage
from dalsegno.pipeline.errors import UserError
from dalsegno.report.doctor import page, terminal


def main(clips_path: str, copies_path: str, metrics_json: str, page_html: str, examples_json: str) -> None:
    """Examine the data set at `dataset.root`; write the table of clips, their copies, the counts, a page for people and its drawings."""
    p, r = params.load(dataset=dataset.Params, runtime=runtime.Runtime)
    try:
        with unchanged(Path(p.root)):
            examination = examine.examine(Path(p.root), p, r)
    except walk.Missing as error:
        raise UserError(f"{error}\n  {dataset.WHERE}") from None
    terminal.report(examination, n_shown=1)
    clips_csv.write(clips_path, examination.clips)
    copies_csv.write(copies_path, examination.copies)
    json_file.write(metrics_json, examination.summary())
    examples = page.drawings(examination)
    files.write_text(page_html, page.render(examination, examples))
    json_file.write(examples_json, examples)


if __name__ == "__main__":
    stage.run(main)
