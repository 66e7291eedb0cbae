"""The files that the stage `search` leaves, made up."""

import json


def a_search(folder, **other):
    """The files of a finished search; returns what is in its search.json."""
    folder.mkdir(parents=True)
    found = {"of": "mlp.features", "metric": "val_accuracy", "best": 0.75, "values": {"train.lr": 0.001}, "trials": 3, "part": "test",
             "sampler": "random", "pruner": "halving", "space": {"train.lr": {"loguniform": [0.0001, 0.5]}},
             "flattery": 0.021, "importance": {"train.lr": 0.9}, "confidence": 0.95, "synthetic": True, "leaky": False, "accuracy": 0.7, "accuracy_low": 0.6, "accuracy_high": 0.8} | other  # fmt: skip
    (folder / "search.json").write_text(json.dumps(found))
    rows = "2,complete,0.75,4,0.001,\n0,complete,0.5,4,0.1,\n1,pruned,0.25,1,0.3,\n"
    (folder / "trials.csv").write_text("trial,state,val_accuracy,epochs,train.lr,error\n" + rows)
    return found
