"""What a command line asks for is called."""

from __future__ import annotations

import json
from pathlib import Path

from distill_core.terminal.settings import configuration


def test_a_preset_with_other_settings_is_called_by_what_it_is() -> None:
    assert configuration("quickstart", None, ()).name == "quickstart"
    assert configuration("quickstart", None, ["temperature=8"]).name == "cnn-w16 from vgg8-fashion, T 8, 400 labels"
    assert configuration("quickstart", None, ["temperature=8", "name=mine"]).name == "mine"


def test_a_file_keeps_its_name(tmp_path: Path) -> None:
    file = tmp_path / "my.json"
    file.write_text(json.dumps({"name": "mine"}))
    assert configuration(None, file, ["temperature=8"]).name == "mine"
