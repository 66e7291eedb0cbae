"""A local page on which to try models: drop or record a clip, hear it, see what each model calls it, and why.

It listens on this machine alone, loads nothing from the network and reports to nobody. Uploads are bounded in size and in
the time that they play; whatever cannot be read gets a plain message, and the page lives on.
"""

import importlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dalsegno.inference import asked, portrait
from dalsegno.inference.bounded import Bounded
from dalsegno.inference.hearing import shortfall
from dalsegno.inference.model import Model
from dalsegno.pipeline.errors import UserError, gist
from dalsegno.sound import audio

HOST = "127.0.0.1"
LARGEST = "50 MB"  # of an uploaded file
MOST = 54_000_000  # bytes of a request: such a file (a MB of Gradio is 2**20 bytes) and what surrounds it
LONGEST_S = 600.0  # of a sound; `dalsegno predict` takes any length
N_NAMED = 5
ONE: dict[str, Any] = {"concurrency_id": "models", "concurrency_limit": 1}  # one question at a time by all buttons
FORGET_S = 600  # seconds after which an upload is deleted from disk


def page(models: list[Model]) -> Any:
    """The page, a gradio.Blocks. Raises UserError if Gradio is not installed, or models do not take the same files."""
    gradio = _gradio()
    if len({model.of_pictures for model in models}) > 1:
        raise UserError("some of the models take sound and some pictures; open a page for each")
    with gradio.Blocks(title="dalsegno", analytics_enabled=False, delete_cache=(FORGET_S, FORGET_S)) as blocks:
        gradio.Markdown(
            f"## What is it?\n{'A picture of a spectrogram' if models[0].of_pictures else 'A recording'}, put to a trained model."
        )
        given = _input(gradio, models[0].of_pictures)
        ask = gradio.Button("Ask", variant="primary")
        with gradio.Row():
            labels = [gradio.Label(label=model.name, num_top_classes=N_NAMED) for model in models]
        why = gradio.Button(f"Why does {models[0].name} say so?")
        picture = gradio.Image(
            label="spectrogram, what speaks for the answer, and the answer over time", interactive=False
        )
        ask.click(_refusing(gradio, lambda path: _answers(models, path)), given, labels, api_name="ask", **ONE)
        why.click(_refusing(gradio, lambda path: _picture(models[0], path)), given, picture, api_name="why", **ONE)
    return blocks


def launch(models: list[Model], port: int | None, wait: bool = True) -> str:
    """Open the page on this machine; its address. It runs until interrupted, or, unless `wait`, until the process ends."""
    gradio, blocks = _gradio(), page(models)
    theme = gradio.themes.Default(
        font=["system-ui", "sans-serif"], font_mono=["monospace"]
    )  # others come from the network
    bound = importlib.import_module("starlette.middleware").Middleware(Bounded, most=MOST)
    blocks.queue(max_size=16)
    try:
        _, address, _ = blocks.launch(
            server_name=HOST, server_port=port, share=False, max_file_size=LARGEST.replace(" ", "").lower(), theme=theme, quiet=True,
            show_error=True, footer_links=[], prevent_thread_lock=True, ssr_mode=False, enable_monitoring=False,
            app_kwargs={"middleware": [bound]},
        )  # fmt: skip
    except OSError as error:
        raise UserError(f"the page cannot be opened at {HOST}, port {port}: {str(error).splitlines()[0]}") from None
    if wait:
        print(f"{address}  (Ctrl-C ends it)", flush=True)
        blocks.block_thread()
    return address


def _gradio() -> Any:
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    try:
        return importlib.import_module("gradio")  # an extra that no stage needs: it has no version in versions.yaml
    except ImportError:
        raise UserError("Gradio is not installed; pip install 'dalsegno[demo]'") from None


def _input(gradio: Any, of_pictures: bool) -> Any:
    if of_pictures:
        return gradio.File(label="a picture", type="filepath", file_types=["image"])
    label = f"a recording of up to {LONGEST_S / 60:.0f} minutes and {LARGEST}"
    return gradio.Audio(label=label, type="filepath", sources=["upload", "microphone"])


def _refusing(gradio: Any, function: Any) -> Any:
    """`function` of a path, with a plain message on the page in place of any error, or beside the answer if the file was cut off."""

    def called(path: str | None) -> Any:
        if not path:
            raise gradio.Error("Drop or record a clip first.", duration=None, print_exception=False)
        try:
            said = function(Path(path))
        except (UserError, OSError, ValueError, RuntimeError, MemoryError) as error:
            message = gist(error).replace(path, Path(path).name)
            raise gradio.Error(message, duration=None, print_exception=False) from None
        if note := shortfall.note(Path(path)):
            gradio.Warning(note, duration=None)
        return said

    return called


def _check(path: Path, of_pictures: bool) -> None:
    """Raise UserError for a file that cannot be read, or a sound that plays too long, whatever its header says."""
    if fault := asked.fault(path):
        raise UserError(f"{path}: {fault}")
    n = 0
    for block, rate_hz in () if of_pictures else audio.mono(path):
        n += len(block)
        if n > LONGEST_S * rate_hz:
            raise UserError(
                f"It plays for more than {LONGEST_S:.0f} s, all that this page takes; `dalsegno predict` takes any length."
            )


def _answers(models: list[Model], path: Path) -> Any:
    _check(path, models[0].of_pictures)
    answers = [dict(zip(model.labels, map(float, model.clip(path)), strict=True)) for model in models]
    return answers if len(answers) > 1 else answers[0]


def _picture(model: Model, path: Path) -> np.ndarray:
    _check(path, model.of_pictures)
    return np.asarray(Image.open(io.BytesIO(portrait.png(portrait.explained(model, path)))).convert("RGB"))
