"""A value in the text of params.yaml: every other character stays, whatever the layout, or nothing is written."""

import pytest

from dalsegno.cli import params_text
from dalsegno.pipeline.errors import UserError

BLOCK = """\
mlp:
  small:
    model:
      widths:{after_key}
{items}
      # of all layers
      dropout:   0.1 # none
    pca: # none
    arch: mlp
"""


def with_values(text, **values):
    for path, written in values.items():
        text = params_text.with_value(text, ["mlp", "small", *path.split("__")], written)
    return text


@pytest.mark.parametrize(
    ("items", "after_key", "left"),
    [
        ("        - 8 # eight\n        - 4", "", "      widths: [6]\n"),
        ("      - 8\n      - 4", "", "      widths: [6]\n"),
        ("      - 8\n      - 4", " # two", "      widths: # two\n        [6]\n"),
        ("        [8,\n        4]", "", "      widths:\n        [6]\n"),
    ],
)
def test_a_list_is_replaced_and_the_comment_after_it_stays(items, after_key, left):
    text = BLOCK.format(items=items, after_key=after_key)
    after = with_values(text, model__widths="[6]")
    head, tail = text[: text.index("      widths")], text[text.index("      # of all") :]
    assert after == head + left + tail


def test_what_is_empty_gets_its_value_behind_the_colon_and_blanks_stay():
    text = BLOCK.format(items="        - 8", after_key="")
    after = with_values(text, pca="0.9", model__dropout="0.2")
    assert after == text.replace("pca: #", "pca: 0.9 #").replace("  0.1 #", "  0.2 #")
    assert with_values("mlp: {small: {pca:, b: 1}}\n", pca="0.9") == "mlp: {small: {pca: 0.9, b: 1}}\n"


def test_what_is_new_stands_first_in_its_section():
    flow = "mlp: {small: {augment: {}, model: {\n  widths: [8] # w\n}}}\n"
    assert with_values(flow, augment__noise="0.1", model__dropout="0.2") == flow.replace("{}", "{noise: 0.1}").replace(
        "{\n", "{dropout: 0.2,\n"
    )
    block = "mlp:\r\n  small:\r\n    arch: mlp\r\n"
    assert with_values(block, pca="0.9") == "mlp:\r\n  small:\r\n    pca: 0.9\r\n    arch: mlp\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "d: &t {lr: 1e-3}\nmlp: {small: {train: *t}, big: {train: *t}}\n",
        "mlp: {small: {train: {lr: &lr 1e-3}}, big: {train: {lr: *lr}}}\n",
        "mlp: {small: {train: {lr: 1, lr: 2}}}\n",
        "d: &d {train: {lr: 1e-3}}\nmlp: {small: {<<: *d}, big: {<<: *d}}\n",
    ],
)
def test_a_value_that_others_share_is_left_to_the_user(text):
    with pytest.raises(UserError, match=r"^params\.yaml: mlp\.small\.train\.lr cannot .*; set it to 0\.2 by hand$"):
        with_values(text, train__lr="0.2")


@pytest.mark.parametrize(
    "text", ["mlp: {}\n", "mlp: {small: {train: }}\n", "mlp: {small: {train: 3}}\n", "mlp: {small: [1]}\n"]
)
def test_a_section_that_is_not_there_is_named(text):
    with pytest.raises(UserError, match=r"^params\.yaml has no mlp\.small\.train\.lr to write to$"):
        with_values(text, train__lr="0.2")


def test_a_value_beside_merged_ones_is_its_own():
    text = "d: &t {lr: 1e-3}\nmlp:\n  small:\n    train:\n      <<: *t\n"
    assert with_values(text, train__lr="0.2") == text.replace("<<: *t", "lr: 0.2\n      <<: *t")


def test_ends_of_lines_stay_and_a_last_line_without_one_is_shown_apart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes(b"a: 1\r\nb: 2")
    assert params_text.read() == "a: 1\r\nb: 2"
    assert params_text.difference("a: 1", "a: 2", "x", "y").splitlines()[-2:] == ["-a: 1", "+a: 2"]
