"""Write published weights that an installed Python package holds as PyTorch reads them."""

from pathlib import Path
from typing import Annotated

from dalsegno.artefacts.learning import model_pt
from dalsegno.pipeline import files, params, progress, stage
from dalsegno.pipeline.errors import about
from dalsegno.transfer.wheels import installed, musicnn

from pydantic import AfterValidator


@params.section
class Params:
    """An entry under `packaged:`."""

    # of the package musicnn: MSD_musicnn, MSD_vgg, MTT_musicnn, MTT_vgg
    checkpoint: Annotated[str, AfterValidator(musicnn.known)]


def main(key: str, out_dir: str) -> None:
    p = params.variant(key, packaged=Params)
    with about(f"packaged.{key}"):
        folder = installed.folder("musicnn", musicnn.VERSION)
        with files.atomic(out_dir) as draft:
            draft.mkdir()
            model_pt.save(Path(draft, "model.pt"), musicnn.read(folder, p.checkpoint))
    progress.say(f"{p.checkpoint} of musicnn {musicnn.VERSION}, ISC licence")


if __name__ == "__main__":
    stage.run(main)
