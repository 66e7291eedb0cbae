"""A Kaggle score is noted with its date, a later one takes its place, and what is no score is refused."""

import contextlib

import pytest
import yaml

from dalsegno.artefacts import kaggle_csv
from dalsegno.cli.main import main


@pytest.fixture
def project(tmp_path):
    doc = {"mlp": {"small": {}}, "ensembles": {"all": []}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(doc))
    with contextlib.chdir(tmp_path):
        yield tmp_path / "metrics/kaggle.csv"


def test_a_score_is_noted_and_a_later_one_takes_its_place(project, capsys):
    main(["kaggle-score", "mlp/small", ".79", "--date", "2026-05-31"])
    main(["kaggle-score", "ensembles/all", "81.5%", "--date", "2026-06-01"])
    assert project.read_text() == "model,score,date\nensembles/all,0.815,2026-06-01\nmlp/small,0.79,2026-05-31\n"
    main(["kaggle-score", "mlp/small", "0.8", "--date", "2026-06-02"])
    assert "in place of 0.79 of 2026-05-31" in capsys.readouterr().out
    assert kaggle_csv.read(project)["mlp/small"] == (0.8, "2026-06-02")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mlp/smal", ".7"], "no model 'mlp/smal' (did you mean 'mlp/small'?)"),
        (["mlp/small", "79"], "got '79'; write a percentage as 79%"),
        (["mlp/small", "nan"], "from 0 to 1"),
        (["mlp/small", "good"], "such as .79 or 79%"),
        (["mlp/small", "101%"], "from 0% to 100%"),
        (["mlp/small", ".7", "--date", "31.5.2026"], "such as 2026-05-31"),
    ],
)
def test_what_is_no_score_is_refused(project, words, told):
    with pytest.raises(SystemExit, match="dalsegno: ") as ended:
        main(["kaggle-score", *words])
    assert told in str(ended.value)
    assert not project.exists()
