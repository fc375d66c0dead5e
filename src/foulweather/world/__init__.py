"""The ground: everything that can change.

The package can be called: `foulweather.world()` opens an in-process world (see `foulweather.testing`).
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _CallablePackage(ModuleType):
    """Lets users say `with foulweather.world() as aws:` though this package has that name."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        # By name: the ground knows nothing of what stands on it.
        return importlib.import_module("foulweather.testing").world(*args, **options)


sys.modules[__name__].__class__ = _CallablePackage
