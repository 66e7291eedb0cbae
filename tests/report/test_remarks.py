"""What a reader has to keep in mind: one box on the page, a line for each thing, models of which the same is true together."""

from dalsegno.report.page import remarks


def about(notes, caveats=(), limits=()):
    models = {name: {"accuracy": 0.5} | ({"notes": [text]} if text else {}) for name, text in notes.items()}
    return list(remarks.remarks({"models": models, "protocol": {"caveats": caveats}}, limits))


def test_models_of_which_the_same_is_to_be_said_are_named_together():
    known = "It was trained elsewhere."
    assert about({"transfer/a": known, "cnn/b": None, "transfer/c": known, "transfer/d": "Not so."}) == [
        ("transfer/a and transfer/c", [known]),
        ("transfer/d", ["Not so."]),
    ]


def test_all_that_is_to_be_said_of_the_data_and_of_the_split_stands_together_each_thing_by_itself():
    said = about({}, ["never tested: a", "few groups"], ["No groups are known.", "Classes are small."])
    assert said == [
        ("The split", ["Never tested: a.", "Few groups."]),
        ("The data", ["No groups are known.", "Classes are small."]),
    ]
