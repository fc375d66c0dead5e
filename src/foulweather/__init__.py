"""A local AWS that fails like the real one, and tells you why.

import foulweather

with foulweather.world() as aws:
    sqs = aws.client("sqs")
"""

from __future__ import annotations

from foulweather import world as world

__version__ = "0.1.0"
