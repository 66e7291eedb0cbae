"""EfficientAT: its front end by the definition, its published weights on real recordings, and training from nothing."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from support.sound import joined, stored
from torch import nn

from dalsegno.models import efficientat as network
from dalsegno.pipeline import params
from dalsegno.sound import storing
from dalsegno.spectrograms import efficientat as front_end

REAL = Path("../shared/data")
WEIGHTS = REAL / "weights/mn04_as_mAP_432.pt"
needs_weights = pytest.mark.skipif(not WEIGHTS.exists(), reason=f"needs {WEIGHTS}, which is not part of the project")
META = front_end.meta(front_end.Params()) | {"bins": 128, "channels": 1}

# Classes 216 … 265 of AudioSet: "music genre" in its ontology, in the order of its class_labels_indices.csv
# (Gemmeke et al. 2017; research.google.com/audioset, CC BY 4.0).
GENRES = """pop music; hip hop music; beatboxing; rock music; heavy metal; punk rock; grunge; progressive rock; rock and
roll; psychedelic rock; rhythm and blues; soul music; reggae; country; swing music; bluegrass; funk; folk music; Middle
Eastern music; jazz; disco; classical music; opera; electronic music; house music; techno; dubstep; drum and bass;
electronica; electronic dance music; ambient music; trance music; music of Latin America; salsa music; flamenco; blues;
music for children; new-age music; vocal music; a capella; music of Africa; Afrobeat; Christian music; gospel music;
music of Asia; Carnatic music; music of Bollywood; ska; traditional music; independent music""".replace("\n", " ")
FIRST_GENRE, LAST_GENRE, N_CLASSES = 216, 265, 527

# What the authors' own code makes of two clips: their front end at four cells (bin, frame), and of their embedding the
# first six values, the sum and the Euclidean norm.
ORIGINAL = {
    "blues": (
        {(0, 0): -0.0137, (5, 100): 0.3182, (64, 1500): 0.7725, (127, 2999): -1.4026},
        (0.28577, -0.12502, -0.09054, -0.04536, -0.13159, -0.15499),
        (-12.5897, 3.98807),
    ),
    "heavy metal": (
        {(0, 0): 0.3058, (5, 100): 0.2269, (64, 1500): 1.0639, (127, 2999): -1.1958},
        (-0.12682, -0.24961, -0.14376, -0.14795, -0.14283, -0.22037),
        (-21.6568, 4.30961),
    ),
}
CLIPS = {"blues": REAL / "gtzan_au/blues.00000.au", "heavy metal": REAL / "gtzan_au/metal.00000.au"}


def heard(path):
    """A clip as the network gets it (1, 1, bin, frame)."""
    frames = stored(front_end, front_end.Params(), path)
    return torch.from_numpy(frames.astype(np.float32) * META["scale"] + META["offset"]).T[None, None]


def mn04():
    p = network.Params(width=0.4)
    model = network.build(p, (1, 128, 1000), N_CLASSES).eval()
    model.load_state_dict(network.published(p, torch.load(WEIGHTS, weights_only=True), META))
    return model


def theirs(width):
    """A state dict of theirs: the names of a published file, random values."""
    names = {ours: name for name, ours in network.RENAMED.items() if ours}
    renamed = {}
    for name, tensor in network.build(network.Params(width=width), (1, 128, 100), N_CLASSES).state_dict().items():
        head = next(ours for ours in names if name.startswith(ours))
        name = name.replace(head, names[head])
        renamed[name.replace("block.2.fc", "block.2.conc_se_layers.0.fc")] = tensor
    return renamed


def test_the_front_end_is_the_published_one_by_its_definition():
    """Every filter as a triangle of its own, and torch's transform in double precision."""
    y = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32) * np.linspace(0, 1, 32_000, dtype=np.float32)
    x = torch.from_numpy(y).double()
    window = torch.hann_window(800, periodic=False, dtype=torch.double)
    power = torch.stft(x[1:] - 0.97 * x[:-1], 1024, 320, 800, window, return_complex=True).abs().square()
    top = 1127 * math.log(1 + 15_000 / 700)
    mel_of_bin = [1127 * math.log(1 + i * 31.25 / 700) for i in range(513)]
    filters = torch.zeros(128, 513, dtype=torch.double)
    for band in range(128):
        left, centre, right = (top * (band + i) / 129 for i in range(3))
        for i, mel in enumerate(mel_of_bin):
            filters[band, i] = max(0, min((mel - left) / (centre - left), (right - mel) / (right - centre)))
    expected = ((filters @ power + 1e-5).log() + 4.5) / 5
    assert expected.shape == (128, 100)
    assert np.abs(joined(front_end.log_mel([y])).T - expected.numpy()).max() < 1e-4


def test_the_loudest_sound_there_can_be_is_stored_unclipped():
    y = np.sign(np.sin(np.arange(32_000) * 2 * np.pi * 12_000 / 32_000)).astype(np.float32)
    assert joined(front_end.log_mel([y])).max() < front_end.OFFSET + front_end.SCALE * (2**15 - 1)
    assert META["floor"] > front_end.OFFSET - front_end.SCALE * 2**15


@pytest.mark.parametrize("n_samples", [1, 2, 30, 2000])
def test_short_and_silent_clips_are_stored_as_floor(n_samples, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(n_samples), 22_050)
    x = heard(tmp_path / "a.wav")
    assert x.shape[2] == 128 and x.shape[3] >= 1
    assert torch.allclose(x, torch.tensor(META["floor"]), atol=front_end.SCALE)


def test_there_is_nothing_to_set_in_the_front_end():
    assert params.parse("spectrograms.x", {"kind": "efficientat", "options": {}}, storing.Params)[1] == []
    problems = params.parse("spectrograms.x", {"kind": "efficientat", "options": {"n_mels": 64}}, storing.Params)[1]
    assert "n_mels" in problems[0] and "no such parameter" in problems[0]


@needs_weights
@pytest.mark.parametrize("genre", sorted(CLIPS))
def test_published_weights_give_the_embedding_and_the_genre_of_the_original(genre):
    """Among the five likeliest genres is the clip's; the embedding is the original's to 1e-3."""
    cells, first, (total, norm) = ORIGINAL[genre]
    model, x = mn04(), heard(CLIPS[genre])
    with torch.inference_mode():
        embedding = model.body(x)
        tags = model.head(embedding)[0, FIRST_GENRE : LAST_GENRE + 1]
    assert all(abs(float(x[0, 0, bin_, frame]) - value) < 3e-4 for (bin_, frame), value in cells.items())
    assert embedding.shape == (1, 384)
    assert torch.allclose(embedding[0, :6], torch.tensor(first), atol=2e-4)
    assert float(embedding.sum()) == pytest.approx(total, abs=384 * 1e-4)
    assert float(embedding.norm()) == pytest.approx(norm, abs=1e-3)
    assert genre in [GENRES.split("; ")[i] for i in tags.topk(5).indices.tolist()]


@needs_weights
def test_any_length_and_any_memory_layout_give_the_same_answer():
    model, x = mn04(), heard(CLIPS["blues"])[..., :700]
    with torch.inference_mode():
        alone = torch.cat([model(x[..., :600]), model(x[..., 100:])])
        together = model(torch.cat([x[..., :600], x[..., 100:]]))
        laid_out = model.to(memory_format=torch.channels_last)(x.to(memory_format=torch.channels_last))
        assert torch.allclose(alone, together, atol=1e-4)
        assert torch.allclose(laid_out, model.to(memory_format=torch.contiguous_format)(x), atol=1e-4)


@pytest.mark.parametrize(("width", "n_parameters"), [(0.4, 983_599), (1.0, 4_876_831), (4.0, 68_427_303)])
def test_networks_have_the_published_sizes(width, n_parameters):
    """0.98, 4.88 and 68.43 million, as the authors' table says of mn04, mn10 and mn40."""
    model = network.build(network.Params(width=width), (1, 128, 100), N_CLASSES)
    assert sum(w.numel() for w in model.parameters()) == n_parameters


@needs_weights
def test_names_of_the_published_file_are_those_the_other_tests_make():
    weights = torch.load(WEIGHTS, weights_only=True)
    assert {k: v.shape for k, v in weights.items()} == {k: v.shape for k, v in theirs(0.4).items()}


def test_weights_of_theirs_load_strictly_at_another_width():
    p = network.Params(width=0.2)
    weights = theirs(0.2)
    model = network.build(p, (1, 128, 100), N_CLASSES)
    model.load_state_dict(network.published(p, weights, META))
    assert torch.equal(model.head[3].weight, weights["classifier.5.weight"])


def test_weights_that_do_not_fit_are_refused_with_what_to_do():
    mn10, logmel = network.Params(), META | {"kind": "logmel", "bins": 64}
    for weights, meta, says in (
        (theirs(0.4), logmel, "kind 'efficientat'.*but the input is of kind 'logmel' with 64 bins"),
        (theirs(0.4), META, r"weights of width 0\.4 \(embeddings of 384 values\).*width is 1; set model.width to 0\.4"),
        ({"conv1.weight": torch.zeros(1)}, META, "not a MobileNet of EfficientAT.*conv1.weight"),
        (theirs(1.0) | {"classifier.0.weight": torch.zeros(1)}, META, "MLP head.*such as classifier.0.weight"),
    ):
        with pytest.raises(ValueError, match=says):
            network.published(mn10, weights, meta)


def test_it_learns_from_nothing_and_its_norms_keep_up():
    """Sixty steps tell four patterns apart, also as the network evaluates, on statistics that it gathered meanwhile."""
    torch.manual_seed(0)
    x = torch.randn(8, 1, 32, 40) * 0.1
    y = torch.arange(8) % 4
    for i in range(8):
        x[i, 0, 8 * y[i] : 8 * y[i] + 8] += 1
    model = network.build(network.Params(width=0.1, dropout=0.0), (1, 32, 40), 4)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model.train()(x), y).backward()
        optimiser.step()
    with torch.inference_mode():
        assert (model.eval()(x).argmax(1) == y).all()
