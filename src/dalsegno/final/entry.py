"""An entry under `final:` in params.yaml."""

import re

from dalsegno.artefacts.model_name import TRAINED, is_twin
from dalsegno.pipeline.params import section


@section
class Params:
    """Which model of the run is trained again, on all labelled clips; it is trained as its entry in params.yaml says."""

    model: str  # such as transfer/songs

    def __post_init__(self) -> None:
        family = self.model.split("/")[0]
        if family == "ensembles":
            raise ValueError(f"model is {self.model!r}: an ensemble is not trained; give each of its members an entry")
        if family == "external":
            raise ValueError(
                f"model is {self.model!r}: its predictions were made elsewhere, so nothing here can train it"
            )
        if is_twin(self.model):
            raise ValueError(
                f"model is {self.model!r}, a twin from scratch; make it an entry of cnn, and name that here"
            )
        if not re.fullmatch(rf"({'|'.join(TRAINED)})/[A-Za-z][A-Za-z0-9_-]*", self.model):
            raise ValueError(
                f"model is {self.model!r}; expected <family>/<key>, the family one of {', '.join(TRAINED)}"
            )
