"""Models that differ in one setting are found, and no others."""

import json
from pathlib import Path

from dalsegno.scoring.made import one_setting

PLAIN = {"arch": "conv", "model": {"width": 8, "dropout": 0.1}, "augment": {"time_masks": 0, "time_mask_share": 0.1}}


def changed(**changes):
    return {**PLAIN, **changes}


def groups(root, **entries):
    folders = {name.replace("__", "/").replace("_scratch", "-scratch"): Path(root, name) for name in entries}
    for entry, folder in zip(entries.values(), folders.values(), strict=True):
        folder.mkdir()
        (folder / "settings.json").write_text(json.dumps({"entry": entry}))
    return one_setting.groups(folders)


def test_augmentation_is_one_setting_and_others_are_leaves(tmp_path):
    masked = {"time_masks": 1, "time_mask_share": 0.2}
    found = groups(
        tmp_path, cnn__plain=PLAIN, cnn__masked=changed(augment=masked), cnn__wide=changed(model={"width": 16, "dropout": 0.1}),
        cnn__wider=changed(model={"width": 32, "dropout": 0.1}), cnn__both=changed(model={"width": 16, "dropout": 0.5}, augment=masked),
    )  # fmt: skip
    assert found == [
        {"setting": "model.width", "models": {"cnn/plain": "8", "cnn/wide": "16", "cnn/wider": "32"}},
        {"setting": "augment", "models": {"cnn/plain": "none", "cnn/masked": "time_masks 1"}},
    ]


def test_a_value_reads_as_in_a_sentence(tmp_path):
    found = groups(tmp_path, mlp__a={"widths": [64, 32]}, mlp__b={"widths": []}, mlp__c={"widths": None})
    assert found == [{"setting": "widths", "models": {"mlp/a": "64, 32", "mlp/b": "none", "mlp/c": "null"}}]


def test_twins_and_other_families_are_no_pair(tmp_path):
    twin = changed(arch="resnet")
    assert not groups(tmp_path, transfer__a=PLAIN, mlp__a=changed(arch="mlp"), transfer__a_scratch=twin)
    (found,) = groups(tmp_path, cnn__a=PLAIN, cnn__a_scratch=twin)  # no twin, whatever it is called
    assert found == {"setting": "arch", "models": {"cnn/a": "conv", "cnn/a-scratch": "resnet"}}


def test_a_model_and_its_copy_differ_in_nothing(tmp_path):
    assert not groups(tmp_path, mlp__a=PLAIN, mlp__copy=PLAIN)
