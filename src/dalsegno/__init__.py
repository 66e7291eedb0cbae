"""dalsegno: a reproducible DVC workflow for music audio classification."""

import gc

gc.set_threshold(100_000)  # at 700 objects it starts hundreds of times while PyTorch is imported, a tenth of that time
