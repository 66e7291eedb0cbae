"""musicnn and its VGG: the way from a checkpoint to tags and layers, against NumPy alone; their front end; what is refused.

Checkpoints with random values stand in for the package's own, which are tried as well where its wheel is at hand: in
weights/, or where MUSICNN_WHEEL says.
"""

import functools
import importlib
import importlib.util
import math
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from support import musicnn_by_numpy, tf_checkpoints
from torch import nn

from dalsegno.artefacts import spectrogram_store
from dalsegno.artefacts.learning import model_pt
from dalsegno.models import musicnn, musicnn_vgg
from dalsegno.pipeline import params
from dalsegno.pipeline.errors import UserError
from dalsegno.sound import audio, storing
from dalsegno.spectrograms import musicnn as front_end
from dalsegno.transfer.embedding import embeddings
from dalsegno.transfer.embedding.embedding_entry import EmbeddingView
from dalsegno.transfer.pretrained import backbone, weights_file
from dalsegno.transfer.wheels import musicnn as musicnn_wheel
from dalsegno.transfer.wheels import tf_checkpoint

PACKAGE = importlib.util.find_spec("musicnn")  # the installed package, of which nothing is imported
PLACES = [*(PACKAGE.submodule_search_locations if PACKAGE else ()), "weights/musicnn-0.1.0-py3-none-any.whl"]
WHEEL = Path(os.environ.get("MUSICNN_WHEEL", PLACES[0]))
CLIPS = {genre: Path(f"../shared/data/gtzan_au/{genre}.00000.au") for genre in ("blues", "metal")}
needs_wheel = pytest.mark.skipif(not WHEEL.exists(), reason=f"needs {WHEEL}, which is not part of the project")
needs_clips = pytest.mark.skipif(
    not CLIPS["blues"].exists(), reason="needs ../shared, which is not part of the project"
)

META = front_end.meta(front_end.Params()) | {"bins": 96, "channels": 1}
BY_NUMPY = {"musicnn": musicnn_by_numpy.musicnn, "musicnn_vgg": musicnn_by_numpy.vgg}
CHECKPOINTS = {"MSD_musicnn": "musicnn", "MTT_musicnn": "musicnn", "MSD_vgg": "musicnn_vgg", "MTT_vgg": "musicnn_vgg"}
TAGS = """rock; pop; alternative; indie; electronic; female vocalists; dance; 00s; alternative rock; jazz; beautiful;
metal; chillout; male vocalists; classic rock; soul; indie rock; Mellow; electronica; 80s; folk; 90s; chill; instrumental;
punk; oldies; blues; hard rock; ambient; acoustic; experimental; female vocalist; guitar; Hip-Hop; 70s; party; country;
easy listening; sexy; catchy; funk; electro; heavy metal; Progressive rock; 60s; rnb; indie pop; sad; House;
happy""".replace("\n", " ").split("; ")  # of the Million Song Dataset's networks, as in the package's configuration.py
every_checkpoint = pytest.mark.parametrize("checkpoint", CHECKPOINTS)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A folder as the package's, of random values."""
    folder = tmp_path_factory.mktemp("musicnn")
    for checkpoint, shapes in (("MSD_musicnn", tf_checkpoints.musicnn), ("MSD_vgg", tf_checkpoints.vgg)):
        tf_checkpoints.write(folder / checkpoint, tf_checkpoints.random(shapes()))
    return folder


@functools.cache
def tensors(source, checkpoint):
    """A checkpoint's arrays by TensorFlow's names, for the pass by NumPy."""
    contents = musicnn_wheel.contents(source, checkpoint)
    return tf_checkpoint.read(*contents, checkpoint, lambda name: "Adam" not in name)


def network(source, checkpoint, **settings):
    """The network as the package publishes it."""
    module = importlib.import_module(f"dalsegno.models.{CHECKPOINTS[checkpoint]}")
    p = module.Params(**settings)
    model = module.build(p, (1, 96, 187), 50).eval()
    state = module.published(p, musicnn_wheel.read(source, checkpoint), META)
    head = set() if p.layers == ("penultimate",) else {"head.1.weight", "head.1.bias"}
    left = model.load_state_dict(state, strict=False)
    assert not left.unexpected_keys and set(left.missing_keys) == head
    return model


def log_mel(y):
    """The front end's spectrogram of samples, in blocks of a second as a long recording comes."""
    return np.concatenate(list(front_end.log_mel(y[i : i + 16_000] for i in range(0, len(y), 16_000))))


def music(seconds=7.0, seed=0):
    """Chords that change, with beats in between, at 16 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * 16_000)) / 16_000
    chord = sum(np.sin(2 * np.pi * hz * t * (1 + np.floor(t) / 7)) for hz in rng.uniform(80, 2000, 5)) / 10
    beats = rng.normal(0, 0.3, len(t)) * np.exp(-40 * (t % 0.4))
    return (chord + beats).astype(np.float32)


def shown(x):
    """Patches of a spectrogram (frame, bin) as a network sees them (batch, 1, bin, frame)."""
    return torch.from_numpy(musicnn_by_numpy.patches(x)).mT[:, None]


def expected_layers(layers):
    """Of each layer, means and maxima over time (and bins); the penultimate as it is."""
    flat = {name: x.reshape(len(x), -1, x.shape[-1]) for name, x in layers.items() if name != "penultimate"}
    return {name: np.concatenate([x.mean(1), x.max(1)], 1) for name, x in flat.items()} | {
        "penultimate": layers["penultimate"]
    }


def assert_same_as_by_numpy(source, checkpoint, y):
    """Tags, the penultimate layer and every layer's statistics, from sound, to 1e-3 of each one's largest value."""
    tags, layers = BY_NUMPY[CHECKPOINTS[checkpoint]](tensors(source, checkpoint), _patches(y))
    model = network(source, checkpoint)
    every = network(source, checkpoint, layers=tuple(expected_layers(layers)))
    x = shown(log_mel(y))
    with torch.inference_mode():
        assert np.abs(model(x).sigmoid().numpy() - tags).max() < 1e-3
        assert np.abs(model.body(x).numpy() - layers["penultimate"]).max() < 1e-3 * max(
            1, np.abs(layers["penultimate"]).max()
        )
        got, start = every.body(x).numpy(), 0
    for name, values in expected_layers(layers).items():
        ours, start = got[:, start : start + values.shape[1]], start + values.shape[1]
        assert np.abs(ours - values).max() < 1e-3 * max(1, np.abs(values).max()), name
    assert start == got.shape[1]
    return tags


def _patches(y):
    return musicnn_by_numpy.patches(musicnn_by_numpy.spectrogram(y))


# From sound to tags


@pytest.mark.parametrize("n_frames", [7, musicnn.AT_ONCE, musicnn.AT_ONCE + 1, 3 * musicnn.AT_ONCE - 5])
def test_a_long_clip_is_gone_through_in_parts_that_do_not_show(n_frames):
    torch.manual_seed(0)
    network, x = musicnn.build(musicnn.Params(), (1, 96, 187), 5).eval(), torch.rand(2, 1, 96, n_frames)
    for _, _, norm in network.body[0].filters:  # half of them turn the order of values round
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.running_mean)
    whole = network(x).detach()
    with torch.inference_mode():
        assert torch.allclose(network(x), whole, atol=1e-5)


@pytest.mark.parametrize("checkpoint", ["MSD_musicnn", "MSD_vgg"])
def test_random_weights_give_the_tags_and_layers_that_numpy_alone_gives(checkpoint, unpacked):
    tags = assert_same_as_by_numpy(unpacked, checkpoint, music())
    assert tags.shape == (2, 50) and tags.std() > 0.01


@needs_wheel
@every_checkpoint
def test_published_weights_give_the_tags_and_layers_that_numpy_alone_gives(checkpoint):
    assert_same_as_by_numpy(WHEEL, checkpoint, music(3.1))


@needs_wheel
@needs_clips
@pytest.mark.parametrize("genre", CLIPS)
@every_checkpoint
def test_published_weights_on_music(checkpoint, genre):
    """The first tag that the Million Song Dataset's musicnn gives is the clip's genre, as for the authors."""
    y = np.concatenate(list(audio.recording(CLIPS[genre], 16_000)))
    assert_same_as_by_numpy(WHEEL, checkpoint, y[:50_000])
    if checkpoint == "MSD_musicnn":
        with torch.inference_mode():
            tags = network(WHEEL, checkpoint)(shown(log_mel(y))).sigmoid()
        assert len(tags) == 10 and TAGS[tags.mean(0).argmax()] == genre


@pytest.mark.parametrize("checkpoint", ["MSD_musicnn", "MSD_vgg"])
def test_layers_stand_in_the_order_in_which_they_are_named(checkpoint, unpacked):
    first, second = ("cnn2", "timbral") if "musicnn" in checkpoint else ("pool4", "pool1")
    x = shown(log_mel(music(3.1)))
    with torch.inference_mode():
        one, other, both, whole = (
            network(unpacked, checkpoint, layers=layers).body(x)
            for layers in ((first,), (second,), (first, second), ("penultimate", first))
        )
        alone = network(unpacked, checkpoint).body(x)
    assert torch.equal(both, torch.cat([one, other], 1))
    assert torch.equal(whole, torch.cat([alone, one], 1))


def test_a_patch_of_another_length_is_heard_by_musicnn(unpacked):
    """The middle of a long patch is as that of a short one: convolutions see 131 frames at most beyond it."""
    model = network(unpacked, "MSD_musicnn").body
    x = torch.from_numpy(log_mel(music(10.0))).T[None, None]
    with torch.inference_mode():
        long = model[3](model[2](model[1](model[0](x))))
        short = model[3](model[2](model[1](model[0](x[..., 100:500]))))
        assert model(x).shape == (1, 200)
    torch.testing.assert_close(long[..., 200:350], short[..., 100:250], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("module", "shapes"), [(musicnn, tf_checkpoints.musicnn), (musicnn_vgg, tf_checkpoints.vgg)])
def test_networks_have_as_many_values_as_the_packages_checkpoints(module, shapes):
    state = module.build(module.Params(), (1, 96, 187), 50).state_dict()
    n_values = sum(tensor.numel() for name, tensor in state.items() if not name.endswith("num_batches_tracked"))
    assert n_values == sum(math.prod(shape) for shape in shapes().values())
    assert n_values == {musicnn: 792_079, musicnn_vgg: 607_030}[module]


# From sound to the spectrogram


def test_the_front_end_is_librosas_in_half_precision():
    ours, theirs = log_mel(music()), musicnn_by_numpy.spectrogram(music())
    assert ours.shape == theirs.shape == (1 + 7 * 16_000 // 256, 96) and ours.dtype == np.float32
    assert np.abs(ours - theirs).max() < 5e-4  # a power may be rounded to the neighbouring number of 16 bits
    assert np.abs(ours - theirs).mean() < 1e-6


@pytest.mark.parametrize("gain", [1.0, 30.0], ids=["full scale", "far beyond"])
def test_loud_sound_stays_finite(gain):
    """In half precision, 10000 × power ends at 65,504: a power of 6.6, far below full scale."""
    square = np.sign(np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000)).astype(np.float32)
    x = log_mel(gain * square)
    assert np.isfinite(x).all() and 6 < x.max() < 9


@pytest.mark.parametrize("n_samples", [1, 200, 3000])
def test_short_and_silent_clips_are_stored_as_floor(n_samples, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(n_samples), 16_000)
    stored = np.concatenate(list(front_end.blocks(tmp_path / "a.wav", front_end.Params())))
    assert stored.shape == (1 + n_samples // 256, 96) and (stored == META["floor"]).all()


def test_there_is_nothing_to_set_in_the_front_end():
    assert params.parse("spectrograms.x", {"kind": "musicnn", "options": {}}, storing.Params)[1] == []
    problems = params.parse("spectrograms.x", {"kind": "musicnn", "options": {"n_mels": 64}}, storing.Params)[1]
    assert "n_mels" in problems[0] and "no such parameter" in problems[0]


# Through the store, as the stages go


def embedded(tmp_path, weights, arch, clips, **settings):
    """The backbone as `embeddings` reads it, and the windows of the clips: samples at 16 kHz by name."""
    meta = front_end.meta(front_end.Params())
    spectrogram_store.write(tmp_path / "store", ((c, log_mel(y)) for c, y in clips.items()), meta)
    windows = embeddings.crops(tmp_path / "store", EmbeddingView(crop_s=2.992), torch.device("cpu"))
    p = importlib.import_module(f"dalsegno.models.{arch}").Params(**settings)
    file = weights_file.read(arch, p, str(weights), windows.meta)
    return backbone.build(arch, p, file, file.runs[0], windows.example(), windows.meta, {}), windows


@pytest.mark.parametrize(
    ("path", "learnt_from"),
    [
        ("packaged/msd_musicnn/model.pt", "the Million Song Dataset"),
        ("MTT_musicnn.pt", "MagnaTagATune"),
        ("mine.pt", "the Million Song Dataset or MagnaTagATune"),
    ],
)
def test_what_the_weights_learnt_from_is_told_by_their_name(path, learnt_from, unpacked, tmp_path):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    model_pt.save(tmp_path / path, musicnn_wheel.read(unpacked, "MSD_musicnn"))
    meta = front_end.meta(front_end.Params())
    file = weights_file.read("musicnn", musicnn.Params(), str(tmp_path / path), meta)
    assert file.runs[0].provenance.recordings == (learnt_from,)


@pytest.mark.parametrize("checkpoint", ["MSD_musicnn", "MSD_vgg"])
def test_stages_see_patches_of_187_frames_and_pad_shorter_sound_with_silence(checkpoint, unpacked, tmp_path):
    weights = tmp_path / "weights.pt"
    model_pt.save(weights, musicnn_wheel.read(unpacked, checkpoint))
    clips = {"long": music(6.1), "short": music(1.0)}
    model, windows = embedded(tmp_path, weights, CHECKPOINTS[checkpoint], clips)
    ((x, owners),) = windows.evaluation(["long", "short"], 16)
    assert owners == ["long", "long", "long", "short"] and x.shape == (4, 1, 96, 187)
    padded = np.concatenate([log_mel(music(1.0)), np.zeros((187 - 63, 96), np.float32)])
    expected = np.stack([log_mel(music(6.1))[:187], padded])
    with torch.inference_mode():
        ours = model.eval().net.body(model.prep(x))[[0, 3]].numpy()
    penultimate = BY_NUMPY[CHECKPOINTS[checkpoint]](tensors(unpacked, checkpoint), expected)[1]["penultimate"]
    assert np.abs(ours - penultimate).max() < 1e-3


# What is refused


def test_weights_that_do_not_fit_are_refused_with_what_to_do(unpacked, tmp_path):
    theirs, vgg = (musicnn_wheel.read(unpacked, name) for name in ("MSD_musicnn", "MSD_vgg"))
    logmel = META | {"kind": "logmel", "bins": 64}
    for module, weights, meta, says in (
        (musicnn, theirs, logmel, "kind 'musicnn'.*but the input is of kind 'logmel' with 64 bins"),
        (musicnn_vgg, vgg, logmel, "kind 'musicnn'.*but the input is of kind 'logmel' with 64 bins"),
        (musicnn, vgg, META, "not the weights of a musicnn.*1CNN"),
        (musicnn_vgg, theirs, META, "not the weights of musicnn's VGG.*5 absent .1CNN"),
        (musicnn, {"fc": torch.zeros(1)}, META, "not the weights of a musicnn"),
    ):
        with pytest.raises(ValueError, match=says):
            module.published(module.Params(), weights, meta)


def test_tensors_of_other_shapes_are_refused_by_name(unpacked, tmp_path):
    theirs = musicnn_wheel.read(unpacked, "MSD_musicnn")
    torch.save(theirs | {"conv2d_5.weight": torch.zeros(32, 1, 7, 561)}, tmp_path / "other.pt")
    with pytest.raises(
        UserError, match=r"other.pt: .* body.1.layers.0.weight \(32 × 561 × 7 in the file, 64 × 561 × 7"
    ):
        embedded(tmp_path, tmp_path / "other.pt", "musicnn", {"a": music(3.1)})


@pytest.mark.parametrize("arch", ["musicnn", "musicnn_vgg"])
def test_layers_are_checked(arch):
    cls = importlib.import_module(f"dalsegno.models.{arch}").Params
    for layers, says in (
        (["penultimate", "penultimate"], "names a layer twice"),
        (["last"], "layers.0"),
        ([], "layers: "),
    ):
        assert says in params.parse("model", {"layers": layers}, cls)[1][0]
