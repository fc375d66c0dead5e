"""A request's ExpressionAttributeNames and ExpressionAttributeValues, and which of them its expressions used.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeNames.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeValues.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from foulweather.services.dynamodb.language.accept import accepted_value, checked_name
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.values import AttributeValue

PLACEHOLDER_BYTES_MAX: Final = 255
REMEMBERED_BYTES_MAX: Final = 16_384
SUBSTITUTIONS_BYTES_MAX: Final = 2 * 1024 * 1024
_NAME = re.compile(r"#[A-Za-z0-9_]+")
_VALUE = re.compile(r":[A-Za-z0-9_]+")


class Placeholders:
    """The substitutions of one request, shared by all its expressions."""

    __slots__ = ("is_small", "names", "shape", "used_names", "used_values", "values")

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, Any] | None) -> None:
        self.names: Mapping[str, str] = names or {}
        self.values: dict[str, AttributeValue] = {}
        self.used_names: frozenset[str] = frozenset()
        self.used_values: frozenset[str] = frozenset()
        size = 0
        if names is not None:
            if not names:
                raise LanguageError("ExpressionAttributeNames must not be empty")
            for alias, name in names.items():
                size += _name_size(alias, name)
        # Compiled texts are remembered with their names: not with names of megabytes.
        self.is_small = size <= REMEMBERED_BYTES_MAX
        if values is not None:
            if not values:
                raise LanguageError("ExpressionAttributeValues must not be empty")
            for alias, value in values.items():
                _check_value_alias(alias)
                try:
                    self.values[alias], taken = accepted_value(value)
                except LanguageError as refused:
                    words = f"ExpressionAttributeValues contains invalid value: {refused.message} for key {alias}"
                    raise LanguageError(words) from None
                size += len(alias) + taken
        if size > SUBSTITUTIONS_BYTES_MAX:
            words = "Total size of ExpressionAttributeNames and ExpressionAttributeValues has exceeded the maximum"
            raise LanguageError(f"{words} allowed size; size: {size}")
        # What decides how a text is compiled: what its names stand for, and which values there are.
        self.shape = (tuple(self.names.items()), tuple(self.values))

    def refuse_unused(self) -> None:
        """Refuse what no expression of the request used; to be called when all of them have been read."""
        if len(self.used_names) != len(self.names):
            unused = ", ".join(alias for alias in self.names if alias not in self.used_names)
            raise LanguageError(f"Value provided in ExpressionAttributeNames unused in expressions: keys: {{{unused}}}")
        if len(self.used_values) != len(self.values):
            unused = ", ".join(alias for alias in self.values if alias not in self.used_values)
            raise LanguageError(
                f"Value provided in ExpressionAttributeValues unused in expressions: keys: {{{unused}}}"
            )


@lru_cache(maxsize=4096)
def _name_size(alias: str, name: str) -> int:
    if not _NAME.fullmatch(alias):
        raise LanguageError(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{alias}"')
    if len(alias) > PLACEHOLDER_BYTES_MAX:
        raise LanguageError(
            f"ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too "
            f'long; key: "{alias}"'
        )
    try:
        checked_name(name)
    except LanguageError as refused:
        words = f"ExpressionAttributeNames contains invalid value: {refused.message} for key {alias}"
        raise LanguageError(words) from None
    return len(alias) + len(name.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4096)
def _check_value_alias(alias: str) -> None:
    if not _VALUE.fullmatch(alias):
        raise LanguageError(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{alias}"')
    if len(alias) > PLACEHOLDER_BYTES_MAX:
        raise LanguageError(
            f"ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too "
            f'long; key: "{alias}"'
        )
