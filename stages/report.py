"""Render the comparison as one HTML page."""

from dalsegno.artefacts import kaggle_csv
from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import files, params, stage
from dalsegno.report.page import render, sources
from dalsegno.report.search import found


def main(
    compare_json: str, plots_dir: str, clips_json: str, splits_json: str, protocols_json: str, runs_dir: str,
    clips_csv: str, splits_csv: str, listening_json: str, scores_csv: str, report_html: str, *sections: str,
) -> None:  # fmt: skip
    """Show the settings of `sections`, the parts of params.yaml that a result may depend on."""
    doc = params.document()
    data = {"data": clips_csv, "splits": splits_csv}
    entries = {name: doc.get(name) for name in sections}
    read = sources.read(compare_json, plots_dir, clips_json, splits_json, protocols_json, runs_dir, data, entries)
    heard = json_file.read(listening_json)
    searched = found.read(params.value("paper.search", str))
    files.write_text(report_html, render.render(read, heard, kaggle_csv.read(scores_csv), searched))


if __name__ == "__main__":
    stage.run(main)
