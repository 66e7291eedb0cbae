"""Decode every file of the data set once, name what is wrong with it, and write the list of clips."""

from pathlib import Path

from dalsegno import clips, dataset, doctor_page, files, manifest, params, runtime


def main(root: str, clips_csv: str, copies_csv: str, metrics_json: str, page_html: str) -> None:
    """Examine the data set at `root`; write its manifest, its copies, its counts and a page for people."""
    p, r = params.load(dataset=dataset.Params, runtime=runtime.Runtime)
    examination = clips.examine(Path(root), p, r)
    clips.report(examination)
    manifest.write(clips_csv, examination.clips)
    with files.atomic(copies_csv) as draft:
        examination.copies.to_csv(draft, index=False, lineterminator="\n")
    files.write_json(metrics_json, examination.summary())
    files.write_text(page_html, doctor_page.render(examination))


if __name__ == "__main__":
    params.run(main)
