"""Models stand in one order: by accuracy, and equals by name, however their accuracy was summed up."""

from dalsegno.report import formatting
from dalsegno.scoring import tables
from dalsegno.scoring.statistics.ranking import ranked

ACCURACIES = {"mlp/a": 0.1 + 0.2, "cnn/b": 0.3, "cnn/a": 0.30000000000000004, "svm": 0.4}


def test_the_most_accurate_first_and_equals_by_name():
    assert ranked(ACCURACIES) == ["svm", "cnn/a", "cnn/b", "mlp/a"]


def test_tables_and_reports_keep_to_it():
    ends = {"accuracy_low": 0.0, "accuracy_high": 1.0, "balanced_accuracy": 0.5}
    models = {name: {"accuracy": accuracy} | ends for name, accuracy in ACCURACIES.items()}
    assert list(tables.accuracies(models, False)["model"]) == formatting.ranked(models) == ranked(ACCURACIES)
