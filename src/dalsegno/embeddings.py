"""What a frozen backbone makes of every clip, computed once: a table like the features, cached by DVC."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from dalsegno import files, progress
from dalsegno.patches import Patches


@torch.inference_mode()
def write(folder: str | Path, model: nn.Module, patches: Patches, about: dict) -> None:
    """Write embeddings.parquet (clip_id, segment, e_0000 …), one row a window of a clip, and meta.json with `about`.

    model: stored data (batch, …) to embeddings (batch, dim).
    """
    model.eval()
    ids, parts = [], []
    for x, owners in progress.bar(patches.evaluation(patches.clip_ids, 64), "embeddings", unit="batch"):
        ids += owners
        parts.append(model(x).float().cpu().numpy())
    rows = pd.DataFrame({"clip_id": ids})
    rows["segment"] = rows.groupby("clip_id").cumcount()
    e = np.concatenate(parts)
    rows = rows.join(pd.DataFrame(e, columns=[f"e_{i:04d}" for i in range(e.shape[1])]))
    with files.atomic(folder) as draft:
        draft.mkdir()
        rows.to_parquet(draft / "embeddings.parquet", index=False)
        (draft / "meta.json").write_text(json.dumps(about, indent=1) + "\n")
