"""Tags of certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.acm import finding, tagging
from foulweather.services.acm.state import AcmState, Certificate

Request = Mapping[str, Any]


def add_tags_to_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Add tags, or give them other values."""
    found = finding.certificate(call, request)
    _set(call, found, tagging.checked(request["Tags"], found.tags))
    return {}


def remove_tags_from_certificate(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; one that is given with a value only where it has that value."""
    found, left = finding.certificate(call, request), dict[str, str]()
    gone = {tag["Key"]: tag.get("Value") for tag in request["Tags"]}
    for key, value in found.tags.items():
        if key not in gone or gone[key] not in (None, value):
            left[key] = value
    _set(call, found, left)
    return {}


def list_tags_for_certificate(call: Call, request: Request) -> dict[str, Any]:
    """A certificate's tags."""
    found = finding.certificate(call, request)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}


def _set(call: Call, found: Certificate, tags: dict[str, str]) -> None:
    found.tags = tags
    call.state(AcmState).certificates.put(found.arn, found)
    call.changed("acm.CertificateTagged", found.arn, Tags=tags)
