"""hatchling's build hook: wheels and editable installs get the models built from the installed botocore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

import build_models


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds src/foulweather/models unless it is up to date."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the models before the wheel's files are collected."""
        del version
        target = Path(self.root) / "src" / "foulweather" / "models"
        if self.target_name == "wheel" and not build_models.up_to_date(target):
            build_models.build(target)
        # Git-ignored, so hatchling has to be told.
        build_data.setdefault("artifacts", []).append("src/foulweather/models/*")
