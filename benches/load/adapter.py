"""Reading adapters: the JSON files, described in README.md, that tell how a server is started, seeded and called."""

import json
import os
import re
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target"))


class Failed(Exception):
    """A sentence for whoever runs the measurement."""


def read(name, folder, scale):
    """The adapter of this name, or in this .json file, with its places filled in."""
    adapter = _merged(name)
    places = {**os.environ, "HERE": HERE, "TARGET": TARGET, "RUN": folder, "PROCESS": os.getpid(), **scale}
    places["NAME"] = adapter["name"]
    places["ADDRESS"] = urllib.parse.urlsplit(adapter["base"]).netloc
    if "database" in adapter:
        places["DATABASE"] = _filled(adapter["database"], places, name)
    return _filled(adapter, places, name)


def _merged(name):
    path = Path(name) if name.endswith(".json") else HERE / "adapters" / f"{name}.json"
    own = json.loads(path.read_text())
    return {**_merged(own["like"]), **own} if "like" in own else own


def _filled(value, places, name):
    """The value, every `${PLACE}` in its texts filled in."""

    def place(match):
        if match[1] not in places:
            raise Failed(f"{name}: the environment has no {match[1]}; README.md tells what sets it.")
        return str(places[match[1]])

    match value:
        case str():
            return re.sub(r"\$\{(\w+)\}", place, value)
        case list():
            return [_filled(inner, places, name) for inner in value]
        case dict():
            return {field: _filled(inner, places, name) for field, inner in value.items()}
    return value
