"""The Python runtime as a program of its own, for a wrapper script that starts it.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from foulweather.engines.functions.foulweather_inside import python_runtime, world_clock
else:
    HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path[0] = HERE
    from foulweather_inside import python_runtime, world_clock

    sys.path.remove(HERE)

if __name__ == "__main__":
    python_runtime.main(
        json.loads(os.environ.pop("FOULWEATHER_ROOM")), world_clock, int(os.environ.pop("FOULWEATHER_CLOCK"))
    )
