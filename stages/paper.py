"""Write the comparison as a paper in PDF."""

from dalsegno.artefacts import kaggle_csv, model_name
from dalsegno.artefacts.learning import json_file
from dalsegno.pipeline import params, progress, stage
from dalsegno.pipeline.refusals import Refused
from dalsegno.report.page import sources
from dalsegno.report.paper import content, own_words, pdf
from dalsegno.report.search import found


def main(
    compare_json: str, plots_dir: str, clips_json: str, splits_json: str, protocols_json: str, runs_dir: str,
    clips_csv: str, splits_csv: str, listening_json: str, scores_csv: str,
    examples_json: str, report_pdf: str, *sections: str,
) -> None:  # fmt: skip
    """Describe the models by `sections`, the parts of params.yaml that a result may depend on; say what is still missing."""
    p, doc, kaggle = params.load(paper=own_words.Params), params.document(), kaggle_csv.read(scores_csv)
    if unknown := own_words.unknown(p, doc):
        raise Refused(unknown)
    entries = {name: doc.get(name) for name in sections}
    data = {"data": clips_csv, "splits": splits_csv}
    read = sources.read(
        compare_json, plots_dir, clips_json, splits_json, protocols_json, runs_dir, data, entries
    ).under_stamped_names()
    heard, examples = map(json_file.read, (listening_json, examples_json))
    rare = pdf.write(report_pdf, content.content(read, p, kaggle, heard, found.read(p.search), examples))
    if rare:
        progress.say(f"{report_pdf}: these letters print as boxes unless a font of this machine has them: {rare}")
    if lacking := own_words.missing(p, model_name.named(doc), kaggle):
        which = "; ".join(lacking)
        progress.say(f"{report_pdf}: ?? stands where words of your own are missing, if you hand it in: {which}")


if __name__ == "__main__":
    stage.run(main)
