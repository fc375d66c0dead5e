"""The source of a copy as the gate sees it: found, or left to the operation to refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from foulweather.kernel.call import Call
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State


def found(call: Call, request: Mapping[str, Any]) -> tuple[Bucket, str, str | None] | None:
    """The bucket, key and version that a copy reads; None where there is no such bucket, or the header is malformed."""
    path, mark, query = str(request.get("CopySource") or "").partition("?versionId=")
    name, _, key = unquote(path).removeprefix("/").partition("/")
    bucket = call.state(S3State).buckets.get(name)
    return (bucket, key, unquote(query) if mark else None) if bucket is not None and key else None
