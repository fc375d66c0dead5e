"""JSON's arrays and objects, as types."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_array(value: Any) -> TypeGuard[list[Any]]:
    """Whether a JSON value is an array."""
    return isinstance(value, list)


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a JSON value is an object."""
    return isinstance(value, dict)


def is_container(value: Any) -> TypeGuard[dict[str, Any] | list[Any]]:
    """Whether a JSON value is an array or an object."""
    return isinstance(value, dict | list)
