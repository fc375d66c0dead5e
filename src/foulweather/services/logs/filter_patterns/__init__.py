"""Filter patterns, compiled once: of terms, of JSON, and of space-delimited fields.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

from functools import lru_cache

from foulweather.services.logs.filter_patterns.delimited import delimited
from foulweather.services.logs.filter_patterns.errors import InvalidPattern
from foulweather.services.logs.filter_patterns.json_patterns import json_pattern
from foulweather.services.logs.filter_patterns.pattern import Pattern
from foulweather.services.logs.filter_patterns.terms import terms

__all__ = ["InvalidPattern", "Pattern", "compiled"]


@lru_cache(maxsize=1024)
def compiled(text: str) -> Pattern:
    """A filter pattern ready to match; raises InvalidPattern."""
    stripped = text.strip()
    if stripped.startswith("{"):
        return json_pattern(stripped)
    if stripped.startswith("["):
        return delimited(stripped)
    return terms(stripped)
