"""listening.json as it stands inside a page: no name in it can end the script that holds it."""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

DRAWN = ("map", "heard")  # what stands in the page without a script


def embedded(content: dict[str, Any] | None, called: Mapping[str, str]) -> dict[str, Any] | None:
    """What the template of the section takes; None for no section. called: the name under which each model is to stand."""
    if not content:
        return None
    models = [called.get(name, name) for name in content["models"]]
    drawn = content["map"]
    return {
        "models": models,
        "shown": _shown(content),
        "n_clips": len(content["clips"]),
        "n_media": len(content["media"]),
        "against": content["against"],
        "map": drawn["svg"] and [Markup(drawn["svg"]), Markup(drawn["narrow"])],
        "share": drawn["share"],
        "heard": _heard(content, called),
        "data": _in_script({key: value for key, value in content.items() if key not in DRAWN} | {"models": models}),
    }


def _heard(content: dict[str, Any], called: Mapping[str, str]) -> dict[str, Any] | None:
    """What the best network hears, in words: clips, classes and models by name, probabilities as shares."""
    told, classes = content["heard"], content["classes"]
    if not told or not told["clips"]:
        return None
    clips = [
        one
        | {
            "name": content["clips"][one["clip"]],
            "label": classes[content["labels"][one["clip"]]],
            "called": classes[one["called"]],
            "p": one["p"] / 1000,
            "without": one["without"] / 1000,
            "change": round(one["without"] / 10) < round(one["p"] / 10),  # in the per cent that are shown
        }
        for one in told["clips"]
    ]
    return {
        "clips": clips,
        "model": called.get(told["model"], told["model"]),
        "passed": [called.get(name, name) for name in told["passed"]],
    }


def _shown(content: dict[str, Any]) -> str:
    """What there is of the clips: sound, pictures that are the data, looks (sound is not permitted), or nothing."""
    has = {part for one in content["media"].values() for part in one}
    if "sound" in has:
        return "sound"
    if "picture" not in has:
        return "nothing"
    return "looks" if "outline" in has else "pictures"


def _in_script(data: Any) -> Markup:
    """JSON that HTML takes for nothing else: `<`, `>` and `&` are written as escapes, which mean the same to JSON."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)
