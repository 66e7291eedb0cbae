"""Embeddings: whole clips without padding, a little memory, and a run that was killed goes on where it stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.pipeline.errors import UserError
from dalsegno.pipeline.runtime import Runtime
from dalsegno.training.views import augment
from dalsegno.transfer.embedding import embeddings, parts
from dalsegno.transfer.embedding.embedding_entry import EmbeddingView
from dalsegno.transfer.pretrained.provenance import Provenance

CPU = torch.device("cpu")
META = {"kind": "logmel", "scale": 1.0, "offset": 0.0, "floor": -80.0, "frame_rate_hz": 10.0}
LENGTHS = [20, 31, 20, 7, 31, 20, 45]


class Sums(nn.Module):
    """Mean and deviation of each bin; ends its own process at its call `last`."""

    def __init__(self, last=None):
        super().__init__()
        self.calls, self.last, self.shapes = 0, last, []

    def forward(self, x):
        self.calls += 1
        self.shapes.append(tuple(x.shape))
        assert not (torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32)  # float32 on a GPU too
        if self.calls == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return torch.cat([x.mean((1, 3)), x.std((1, 3))], 1)


def make_store(folder, lengths=LENGTHS, seed=0):
    rng = np.random.default_rng(seed)
    spectrogram_store.write(
        folder, [(f"c{i}", rng.normal(-40, 9, (n, 4)).astype(np.float16)) for i, n in enumerate(lengths)], META
    )


def small_steps():
    embeddings.BATCH = embeddings.BATCHES_PER_PART = parts.PARTS_PER_GROUP = 2
    embeddings._code = lambda: [Path(embeddings.__file__)]  # this process has loaded more than the killed one


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for module, name in (
        (embeddings, "BATCH"),
        (embeddings, "BATCHES_PER_PART"),
        (parts, "PARTS_PER_GROUP"),
        (embeddings, "_code"),
    ):
        monkeypatch.setattr(module, name, None)  # put back afterwards
    small_steps()
    make_store("store")
    Path("weights.pt").write_bytes(b"weights")
    return tmp_path


VIEW = EmbeddingView(crop_s=1.0)


def clips(crop_s=1.0):
    return embeddings.crops("store", EmbeddingView(crop_s=crop_s), CPU)


def write(folder="e", model=None, description=None, **options):
    """Embed the store; how often the model was called."""
    model = model or Sums()
    description = description or {"arch": "sums"}
    embeddings.write(
        folder, model, clips(), VIEW, Runtime(), description, ["weights.pt", "store"], Provenance(), {}, **options
    )
    return model.calls


def content(folder):
    return {p.name: p.read_bytes() for p in Path(folder).iterdir()}


def test_a_row_per_window_holds_the_output_of_the_model(here):
    write()
    rows = pd.read_parquet("e/embeddings.parquet")
    assert list(rows.columns) == ["clip_id", "segment", "view", *[f"e_{i:04d}" for i in range(8)]]
    assert dict(rows.groupby("clip_id").size()) == {"c0": 2, "c1": 4, "c2": 2, "c3": 1, "c4": 4, "c5": 2, "c6": 5}
    assert list(rows.query("clip_id == 'c6'")["segment"]) == [0, 1, 2, 3, 4] and set(rows["view"]) == {0}
    last = spectrogram_store.open("store").clip("c6")[-10:]  # the last window ends with the clip
    np.testing.assert_allclose(rows.query("clip_id == 'c6'").filter(like="e_").iloc[-1][:4], last.mean(0), rtol=1e-5)
    made_on = {"device": "cpu", "threads": torch.get_num_threads(), "dtype": "float32", "versions": {}}
    assert json.loads(Path("e/meta.json").read_text()) == {"arch": "sums"} | made_on
    assert sorted(p.name for p in here.iterdir()) == ["e", "store", "weights.pt"]  # nothing lies about


def test_whole_clips_are_seen_at_their_own_length(here):
    model = Sums()
    embeddings.write("e", model, clips(None), EmbeddingView(crop_s=None), Runtime(), {}, [], Provenance(), {})
    rows = pd.read_parquet("e/embeddings.parquet").set_index("clip_id").filter(like="e_")
    for i, n in enumerate(LENGTHS):
        x = spectrogram_store.open("store").clip(f"c{i}")
        assert len(x) == n
        wanted = [*x.mean(0), *x.std(0, ddof=1)]
        np.testing.assert_allclose(rows.loc[f"c{i}"], wanted, rtol=1e-4)
    assert sorted(n for _, _, _, n in model.shapes) == [7, 20, 20, 31, 45]  # clips of one length go together


def test_seconds_are_those_of_all_parts_and_unknown_where_none_was_left_to_do(here, monkeypatch):
    ticks = iter([0.0, 6.0, 0.0, 2.0, 0.0, 1.0])
    monkeypatch.setattr(embeddings.time, "perf_counter", lambda: next(ticks))
    done = parts.Parts(here / "parts", "key")
    embed = embeddings.Embed(Sums(), "store", VIEW, 0, embeddings.PLAIN)
    monkeypatch.setattr(embeddings, "_parts", lambda clips: [embeddings.Part(i, i, [], []) for i in range(4)])
    monkeypatch.setattr(parts.Parts, "add", lambda self, number, rows: None)
    monkeypatch.setattr(embeddings.Embed, "__call__", lambda *_: {})
    for has, seconds in ((lambda n: False, 6.0), (lambda n: n > 0, 8.0), (lambda n: True, None)):
        monkeypatch.setattr(parts.Parts, "has", lambda self, n, has=has: has(n))
        assert embeddings._fill(done, embed, clips(), Runtime()) == seconds


def killed(last, options="plain"):
    """Run the same in a process of its own that is killed when the model is called for the `last`-th time."""
    script = f"""
import sys, torch
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_embeddings as t
torch.set_num_threads({torch.get_num_threads()})
t.small_steps()
t.write(model=t.Sums(last={last}), **t.OPTIONS[{options!r}])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not Path("e").exists()


OPTIONS = {"plain": {}, "augmented": {"views": 2, "augmentation": augment.Params(noise_std=1.0)}}


@pytest.mark.parametrize("options", OPTIONS)
def test_a_killed_run_goes_on_where_it_stopped_and_gives_the_same_bytes(here, options):
    shown = 1 + OPTIONS[options].get("views", 0)
    whole = write("uninterrupted", **OPTIONS[options])
    assert whole == 10 * shown  # 20 windows, 2 at a time
    killed(4 * shown + 2, options)  # in the middle of the third part
    assert write(**OPTIONS[options]) == whole - 4 * shown
    assert content("e") == content("uninterrupted")
    assert not Path(".e.parts").exists()


def other_params(here):
    return {"description": {"arch": "sums", "view": {"crop_s": 1.0, "hop_s": 0.5}}}


def other_weights(here):
    Path("weights.pt").write_bytes(b"weightz")
    return {}


def other_sound(here):
    shutil.rmtree("store")
    make_store("store", seed=1)  # the same lengths, so the same index
    return {}


def other_code(here):
    embeddings._code = lambda: [Path(__file__)]
    return {}


def test_what_a_killed_run_left_is_of_no_use_once_anything_changed(here):
    killed(last=6)
    for change in (other_params, other_weights, other_sound, other_code):
        with pytest.MonkeyPatch.context() as m:
            m.chdir(shutil.copytree(".", here.parent / change.__name__))
            m.setattr(embeddings, "_code", embeddings._code)  # put back afterwards
            assert write(**change(here)) == 10, change.__name__
    assert write() == 6


def test_an_error_gives_no_result_and_names_the_size(here):
    class Narrow(nn.Module):
        def forward(self, x):
            return x.flatten(1) @ torch.zeros(8, 2)

    with pytest.raises(
        UserError, match=r"views of 1 × 4 × 10 \(channels × bins × frames\): .*set view.crop_s to the length"
    ):
        write(model=Narrow())
    assert sorted(p.name for p in here.iterdir()) == ["store", "weights.pt"]


def test_augmented_views_differ_from_the_window_and_from_each_other(here):
    write(views=2, augmentation=augment.Params(noise_std=1.0))
    rows = pd.read_parquet("e/embeddings.parquet")
    assert dict(rows["view"].value_counts()) == {0: 20, 1: 20, 2: 20}
    for _, same in rows.groupby(["clip_id", "segment"]):
        assert list(same["view"]) == [0, 1, 2] and same["e_0004"].nunique() == 3


def test_a_gain_goes_by_the_unit_of_the_store_and_is_refused_where_that_is_no_decibel(here):
    louder = {"views": 1, "augmentation": augment.Params(gain_db=6.0)}
    with pytest.raises(UserError, match=r"augment\.gain_db cannot be applied to this spectrogram"):
        write(**louder)
    meta = json.loads(Path("store/meta.json").read_text())
    moved = {}
    for db_per_unit in (1.0, 20.0):
        Path("store/meta.json").write_text(json.dumps(meta | {"db_per_unit": db_per_unit}))
        write(**louder)
        rows = pd.read_parquet("e/embeddings.parquet").set_index(["clip_id", "segment", "view"])["e_0000"]
        moved[db_per_unit] = rows.xs(1, level="view") - rows.xs(0, level="view")
    assert 3 < moved[1.0].abs().max() <= 6.001
    np.testing.assert_allclose(moved[20.0], moved[1.0] / 20, atol=1e-4)


def test_a_gpu_that_is_too_small_is_no_fault_of_the_network(here):
    class NoRoom(nn.Module):
        def forward(self, x):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB. GPU 0 has less.")

    text = r"^the GPU does not have enough memory \(Tried to allocate 9.00 GiB\): lower view.crop_s, or set runtime.device to cpu$"
    with pytest.raises(UserError, match=text):
        write(model=NoRoom())


@pytest.mark.parametrize(
    ("meta", "bins", "view", "said"),
    [
        (
            {"kind": "waveform"},
            (1,),
            {"channels": "repeat"},
            "view.channels: of no use for store, which holds waveforms",
        ),
        ({"kind": "waveform"}, (1,), {"resize": (8, 8)}, "view.resize: of no use for store, which holds waveforms"),
        (
            {"kind": "bands"},
            (4, 3),
            {"channels": "colour"},
            "view.channels: colour makes channels out of one, but store has 3",
        ),
    ],
)
@pytest.mark.parametrize("crop_s", [1.0, None])
def test_a_view_that_does_not_go_with_the_store_is_refused(here, meta, bins, view, said, crop_s):
    spectrogram_store.write("store", [("a", np.zeros((20, *bins), np.float16))], META | meta)
    with pytest.raises(UserError, match=said):
        embeddings.crops("store", EmbeddingView(crop_s=crop_s, **view), CPU)
