"""How a length of time is written, on every page as in the terminal."""


def duration(seconds: float) -> str:
    """As people say it, to two places or so: `0.4 s`, `40 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 59.5:
        return f"{round(seconds, 1):.2g} s"
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(round(seconds / 60), 60)
    parts = ((minutes, "min"), (rest_s, "s")) if minutes < 60 else ((hours, "h"), (rest_min, "min"))
    return " ".join(f"{n:,} {unit}" for n, unit in parts if n)
