"""What the texts of documents refer to: `{{ parameter }}`, `{{ step.output }}`, `{{ global:REGION }}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, cast

REFERENCE: Final = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def texts_of(value: Any) -> Iterator[str]:
    """Every text in an object, its keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield key
            yield from texts_of(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from texts_of(each)


def names_in(value: Any) -> Iterator[str]:
    """Every name that an object refers to."""
    for text in texts_of(value):
        yield from REFERENCE.findall(text)
