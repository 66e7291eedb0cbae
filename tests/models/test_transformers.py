"""Encoders of the transformers library from a local folder: its own embeddings, nothing fetched, plain refusals."""

import builtins
import json
import shutil
import socket
from importlib.util import find_spec

import numpy as np
import pytest
import soundfile
import torch
from support.sound import joined, stored

from dalsegno.artefacts.learning import model_pt
from dalsegno.models import transformers as encoders
from dalsegno.pipeline import params
from dalsegno.spectrograms import ast, waveform

needs_library = pytest.mark.skipif(
    not find_spec("transformers"), reason='needs the optional packages: pip install "dalsegno[transformers]"'
)
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
CONVOLVED = {"conv_dim": [16, 16], "conv_stride": [5, 2], "conv_kernel": [10, 3], "num_feat_extract_layers": 2}
WAVE = SMALL | CONVOLVED | {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2}
SPECTRA, SAMPLES = ast.meta(ast.Params()), waveform.meta(waveform.Params(pool=1))
SPECTROGRAM = "audio-spectrogram-transformer"
TYPES = {  # settings, the library's class with a head on top, input shape, where the input comes from
    SPECTROGRAM: (SMALL | {"max_length": 64}, "ASTForAudioClassification", (1, 128, 64), SPECTRA),
    "wav2vec2": (WAVE | {"do_stable_layer_norm": True}, "Wav2Vec2ForCTC", (1, 1600), SAMPLES),
    "hubert": (WAVE, "HubertForSequenceClassification", (1, 1600), SAMPLES),
}
every_type = pytest.mark.parametrize("kind", TYPES)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A small random network of each type, with a head, as `save_pretrained` leaves it; and the networks."""
    import transformers

    root, networks = tmp_path_factory.mktemp("published"), {}
    for kind, (config, name, _, _) in TYPES.items():
        torch.manual_seed(0)
        network = getattr(transformers, name)(transformers.AutoConfig.for_model(kind, **config)).eval()
        network.save_pretrained(root / kind)
        networks[kind] = network.base_model
    return root, networks


@pytest.fixture
def offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def settings(kind, **other):
    return encoders.Params(type=kind, config=TYPES[kind][0] | other)


@needs_library
@every_type
def test_a_folder_gives_the_librarys_own_embedding(kind, folders, offline):
    root, networks = folders
    _, _, shape, meta = TYPES[kind]
    p = settings(kind)
    encoders.check_folder(p, root / kind, meta)
    model = encoders.build(p, shape, 5).eval()
    missing, strange = model.load_state_dict(encoders.published(p, model_pt.load(root / kind), meta), strict=False)
    assert (missing, strange) == (["head.weight", "head.bias"], [])
    x = torch.randn(2, *shape)
    with torch.inference_mode():
        if len(shape) == 3:
            expected = networks[kind](x[:, 0].transpose(1, 2)).pooler_output
        else:
            centred = x[:, 0] - x[:, 0].mean(1, keepdim=True)
            expected = networks[kind](centred / centred.std(1, correction=0, keepdim=True)).last_hidden_state.mean(1)
        assert torch.allclose(model.body(x), expected, atol=1e-5)
        assert model(x).shape == (2, 5)


@needs_library
@every_type
@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"num_hidden_layers": 1}, "have in vain 16 tensors.*layers.1"),
        ({"num_hidden_layers": 3}, "lack 16 tensors.*layers.2"),
        ({"intermediate_size": 48}, r"differ in 6 tensors.*\(64,\) there, \(48,\) here"),
    ],
)
def test_weights_of_another_size_are_refused_with_the_tensors_that_differ(kind, other, says, folders):
    weights, meta = model_pt.load(folders[0] / kind), TYPES[kind][3]
    with pytest.raises(ValueError, match=says):
        encoders.published(settings(kind, **other), weights, meta)


@needs_library
@every_type
def test_settings_that_no_tensor_shows_are_compared_with_the_folder(kind, folders):
    folder, meta = folders[0] / kind, TYPES[kind][3]
    with pytest.raises(ValueError, match=r"other num_attention_heads; write model\.config: ") as refused:
        encoders.check_folder(settings(kind, num_attention_heads=4), folder, meta)
    config = json.loads(str(refused.value).split("write model.config: ")[1])
    encoders.check_folder(encoders.Params(type=kind, config=config), folder, meta)


@needs_library
def test_a_folder_that_does_not_fit_is_refused(folders, tmp_path):
    shutil.copytree(folders[0] / SPECTROGRAM, tmp_path / "ast")
    shutil.copytree(folders[0] / "hubert", tmp_path / "hubert")
    wave = json.dumps({"sampling_rate": 16_000, "do_normalize": False})
    (tmp_path / "hubert/preprocessor_config.json").write_text(wave)
    (tmp_path / "ast/preprocessor_config.json").write_text(json.dumps({"mean": -6.8, "std": 5.5}))
    for kind, folder, says in (
        ("hubert", "ast", "config.json is of type 'audio-spectrogram-transformer', but model.type is 'hubert'"),
        ("hubert", "hubert", "do_normalize: False, but model.standardise is True"),
        (SPECTROGRAM, "ast", "mean: -6.8, but options.mean of the spectrogram is -4.26"),
        (SPECTROGRAM, "nowhere", "no model.safetensors in this folder; write it with save_pretrained"),
    ):
        with pytest.raises(ValueError, match=says):
            encoders.check_folder(settings(kind), tmp_path / folder, TYPES[kind][3])
    (tmp_path / "ast/config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config\.json cannot be read"):
        encoders.check_folder(settings(SPECTROGRAM), tmp_path / "ast", SPECTRA)


@needs_library
def test_weights_behind_another_front_end_are_refused(folders):
    for kind, meta, says in (
        (SPECTROGRAM, SAMPLES, "has kind 'waveform', not 'ast'; .* know those of {kind: ast, options: {}}"),
        ("hubert", SPECTRA, "has kind 'ast', not 'waveform', hop_length 160, not 1"),
        ("hubert", waveform.meta(waveform.Params(sample_rate_hz=22_050, pool=1)), "sample_rate_hz 22050, not 16000"),
    ):
        with pytest.raises(ValueError, match=says):
            encoders.published(settings(kind), model_pt.load(folders[0] / kind), meta)


@needs_library
def test_inputs_that_do_not_fit_are_refused():
    for kind, shape, says in (
        (SPECTROGRAM, (1, 128, 65), r"input shape \(1, 128, 64\).*got \(1, 128, 65\): set view.crop_s"),
        (SPECTROGRAM, (1, 1600), "takes spectrograms"),
        ("hubert", (1, 128, 64), "takes waveforms"),
        ("hubert", (1, 19), "at least 20 samples; got 19"),
    ):
        with pytest.raises(ValueError, match=says):
            encoders.build(settings(kind), shape, 2)
    assert encoders.build(settings("hubert"), (1, 20), 2).eval()(torch.randn(1, 1, 20)).shape == (1, 2)


@needs_library
@pytest.mark.parametrize(
    ("model", "says"),
    [
        ({"type": "huber"}, "type 'huber' is not one of the library's \\(did you mean 'hubert'"),
        ({"type": "hubert", "config": {"hiden_size": 32}}, "hiden_size is not a setting .*did you mean 'hidden_size'"),
        ({"type": "hubert", "config": {"layerdrop": 0.1}}, "layerdrop is not a setting .* to choose"),
        ({"type": "hubert", "config": {"hidden_size": "32"}}, "hidden_size.*expected int"),
    ],
)
def test_impossible_parameters_are_refused_when_read(model, says):
    _, problems = params.parse("cnn.x.model", model, encoders.Params)
    assert len(problems) == 1
    with pytest.raises(ValueError, match=says):
        raise ValueError(problems[0])


@needs_library
def test_training_is_the_same_twice_under_one_seed():
    """The library's own masking and layer dropping, which draw from other generators, are off."""
    losses = []
    for _ in range(2):
        torch.manual_seed(3)
        model = encoders.build(settings("wav2vec2"), (1, 1600), 2).train()
        losses.append(model(torch.randn(2, 1, 1600)).square().sum().item())
    assert losses[0] == losses[1]


def test_without_the_library_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def absent(name, *rest):
        if name == "transformers":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    _, problems = params.parse("cnn.x.model", {"type": "hubert"}, encoders.Params)
    assert 'pip install "dalsegno[transformers]"' in problems[0]


@needs_library
@pytest.mark.filterwarnings("ignore:At least one mel filter")  # as AST has them, in its library too
def test_the_front_end_of_spectrograms_is_the_librarys(tmp_path):
    import transformers

    rng = np.random.default_rng(0)
    y = (rng.normal(0, 0.1, 16_000) * np.linspace(0, 1, 16_000)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", y, 16_000, subtype="FLOAT")
    ours = stored(ast, ast.Params(), tmp_path / "a.wav").astype(np.float32) * SPECTRA["scale"] + SPECTRA["offset"]
    extractor = transformers.ASTFeatureExtractor(max_length=120)
    theirs = extractor(y, sampling_rate=16_000, return_tensors="np")["input_values"][0]
    assert len(ours) == 98
    assert np.abs(ours - theirs[:98]).max() < 1e-3
    assert np.allclose(theirs[98:], SPECTRA["floor"])


def test_the_front_end_of_spectrograms_stores_every_loudness():
    loud = np.sign(np.sin(np.arange(16_000) * 2 * np.pi * 6_000 / 16_000)).astype(np.float32)
    for y in (loud, np.zeros(16_000, np.float32), np.ones(3, np.float32)):
        frames = (joined(ast.log_mel([y])) - ast.MIDDLE) / ast.STEP
        assert frames.shape[0] == max(1, 1 + (len(y) - 400) // 160)
        assert np.abs(frames).max() < 2**15
