"""What the settings of models are called in sentences: each has a name in words, and a value that can be read there."""

from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from dalsegno.families import classical, external, mlp
from dalsegno.families.convolutional import cnn
from dalsegno.report.settings import nouns, phrases
from dalsegno.sound import decibels
from dalsegno.transfer.adapting import entry

ARCHITECTURES = sorted(file.stem for file in Path("src/dalsegno/models").glob("[!_]*.py"))
AUGMENTED = "augment"  # told as a whole


def paths(section, above=""):
    """The path of every setting in an entry of `section`."""
    hints = get_type_hints(section)
    for name in (field.name for field in fields(section)):
        inner = [kind for kind in (hints[name], *get_args(hints[name])) if is_dataclass(kind)]
        if inner and name != AUGMENTED:
            for kind in inner:
                yield from paths(kind, f"{above}{name}.")
        elif name != "model":
            yield f"{above}{name}"


ENTRIES = [classical.Params, external.Params, mlp.Params, cnn.Params, *(getattr(entry, n) for n in ("Frozen", "FineTuned"))]  # fmt: skip


@pytest.mark.parametrize("path", sorted({path for section in ENTRIES for path in paths(section)}))
def test_every_setting_of_an_entry_has_a_name_in_words(path):
    assert nouns.named(path).endswith(f" (`{path}`)")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_option_of_an_architecture_has_a_name_in_words(arch):
    section = import_module(f"dalsegno.models.{arch}").Params
    assert all(nouns.named(f"model.{field.name}").endswith("`)") for field in fields(section))


def words(section):
    """(setting, word) of all settings that are one of several words."""
    for name, kind in get_type_hints(section).items():
        inner = [kind, *get_args(kind)]
        for part in inner:
            yield from words(part) if is_dataclass(part) else ()
        yield from ((name, word) for part in inner for word in get_args(part) or [part] if isinstance(word, str))


@pytest.mark.parametrize("name", [name for name, told in phrases.WORDS.items() if isinstance(told, dict)])
def test_every_word_that_a_setting_may_be_is_told_in_words(name):
    architectures = [import_module(f"dalsegno.models.{arch}").Params for arch in ARCHITECTURES]
    known = {
        word for section in (*ENTRIES, decibels.Params, *architectures) for of, word in words(section) if of == name
    }
    assert known == set(phrases.WORDS[name]) - {"{}"}, "what stands under {} is said of numbers"


KINDS = sorted(file.stem for file in Path("src/dalsegno/spectrograms").glob("[!_]*.py"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_of_a_spectrogram_is_told_in_a_phrase(kind):
    section = import_module(f"dalsegno.spectrograms.{kind}").Params
    assert {field.name for field in fields(section)} - phrases.UNSAID <= phrases.WORDS.keys()


def test_penalties_pools_and_what_is_heard_are_told_in_phrases():
    assert (
        phrases.listed({"l1": 0.001, "penalised": 3})
        == "a penalty of 0.001 on absolute weights, on the first 3 layers alone"
    )
    assert phrases.listed({"pool": 25, "first_s": 3.2}) == "means of 25 samples, the first 3.2 s of each clip"
    assert phrases.phrase("pool", "none") == "the last feature maps as they are"


def test_a_setting_that_nobody_has_named_stands_as_it_is_written():
    assert nouns.named("model.config.hidden_size") == "`model.config.hidden_size`"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("augment", "none", "none"),
        ("augment", "gain_db 6.0, mixup_alpha 0.2", "gains of up to 6 dB, mixup with α = 0.2"),
        ("train.balanced", "true", "on"),
        ("train.patience", "null", "none"),
        ("view.vote", "majority", "a majority vote of the windows of a clip"),
        ("train.monitor", "val_macro_f1", "validation macro F1"),
        ("train.lr", "0.001", "0.001"),
        ("model.widths", "128, 64", "128, 64"),
    ],
)
def test_a_value_reads_as_one_would_say_it(path, text, said):
    assert nouns.value(path, text) == said


@pytest.mark.parametrize(
    ("path", "head"),
    [
        ("train.lr", "learning rate"),
        ("model.widths.0", "width of the hidden layers, first"),
        ("model.widths.9", "model.widths.9"),
        ("model.config.hidden_size", "model.config.hidden_size"),
    ],
)
def test_a_setting_heads_a_column_in_words(path, head):
    assert nouns.headed(path) == head
