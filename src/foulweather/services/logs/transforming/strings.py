"""The processors that change texts.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-StringMutate.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from foulweather.kernel import linear_patterns
from foulweather.services.logs.transforming.errors import InvalidTransformer
from foulweather.services.logs.transforming.parsers import Config, Step
from foulweather.services.logs.transforming.paths import Event, change

BACKREFERENCES_MAX: Final = 10
DUPLICATES_MAX: Final = 2
_BACKREFERENCE: Final = re.compile(r"\$(?:(\d+)|\{(\w+)\})|\\(.)", re.DOTALL)


def _each(config: Config, changed: Callable[[str], Any]) -> Step:
    keys: list[str] = config["withKeys"]

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for key in keys:
            change(event, key, changed)

    return step


def lower_case(config: Config) -> Step:
    """Puts texts in lower case."""
    return _each(config, str.lower)


def upper_case(config: Config) -> Step:
    """Puts texts in upper case."""
    return _each(config, str.upper)


def trim(config: Config) -> Step:
    """Takes white space from both ends of texts."""
    return _each(config, str.strip)


def split(config: Config) -> Step:
    """Makes lists of texts."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for entry in config["entries"]:
            delimiter: str = entry["delimiter"]
            change(event, entry["source"], lambda text, by=delimiter: text.split(by))

    return step


def substitute(config: Config) -> Step:
    """Replaces what matches regular expressions."""
    entries = [(entry["source"], *_substitution(entry["from"], entry["to"])) for entry in config["entries"]]

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        for source, expression, replaced in entries:
            change(event, source, lambda text, e=expression, r=replaced: e.sub(r, text))

    return step


def _substitution(
    pattern: str, written: str
) -> tuple[linear_patterns.Expression, Callable[[linear_patterns.Match], str]]:
    """An expression, and what is put in place of a match: `$1` and `${name}` are its groups."""
    try:
        expression = linear_patterns.compiled(pattern)
    except linear_patterns.InvalidExpression as error:
        raise InvalidTransformer(f"Invalid regular expression '{pattern}': {error}") from None
    parts: list[str | int] = []
    at = 0
    for found in _BACKREFERENCE.finditer(written):
        parts.append(written[at : found.start()])
        at = found.end()
        if found[3] is not None:
            parts.append(found[3])
            continue
        group = int(found[1]) if found[1] else expression.groupindex.get(found[2], -1)
        if not 0 <= group <= expression.groups:
            raise InvalidTransformer(f"Invalid backreference '{found[0]}': the regular expression has no such group.")
        parts.append(group)
    parts.append(written[at:])
    groups = Counter(part for part in parts if isinstance(part, int))
    if groups.total() > BACKREFERENCES_MAX:
        raise InvalidTransformer(f"The to field can have at most {BACKREFERENCES_MAX} backreferences.")
    if any(count > DUPLICATES_MAX for count in groups.values()):
        raise InvalidTransformer(f"The to field can have the same backreference at most {DUPLICATES_MAX} times.")

    def replaced(match: linear_patterns.Match) -> str:
        return "".join([part if isinstance(part, str) else match[part] or "" for part in parts])

    return expression, replaced
