"""The schema of the admin API itself: every endpoint, and every body as JSON Schema 2020-12."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from foulweather import __version__
from foulweather.wire.admin.asking import Asked, Endpoint, Error


def schema(asked: Asked) -> dict[str, Any]:
    """The document; its `endpoints` refer to its `$defs`."""
    return _document()


@cache
def _document() -> dict[str, Any]:
    from foulweather.wire.admin.endpoints import ENDPOINTS as EVERY
    from foulweather.wire.admin.endpoints import PREFIX

    types = [kind for one in EVERY for kind in (one.request, one.response, *one.further_lines) if kind is not None]
    schemas, definitions = msgspec.json.schema_components([Error, *types], ref_template="#/$defs/{name}")
    by_type = dict(zip((repr(kind) for kind in [Error, *types]), schemas, strict=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{PREFIX}/schema",
        "title": "Foulweather's admin API",
        "version": __version__,
        "error": by_type[repr(Error)],
        "endpoints": [_shown(one, PREFIX, by_type) for one in EVERY],
        "$defs": definitions,
    }


def _shown(one: Endpoint, prefix: str, by_type: dict[str, dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "method": one.method,
        "path": one.path if one.path.startswith("/") else f"{prefix}/{one.path}",
        "summary": one.summary,
        "query": list(one.query),
        "status": one.status,
    }
    if one.request is not None:
        found["request"] = by_type[repr(one.request)]
    if one.response is not None:
        found["response"] = by_type[repr(one.response)]
    if one.further_lines:
        found["lines"] = [by_type[repr(kind)] for kind in (one.response, *one.further_lines)]
        del found["response"]
    return found


ENDPOINTS = (Endpoint("GET", "schema", schema, "This document", dict[str, Any]),)
