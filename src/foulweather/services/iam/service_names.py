"""Service namespaces (`sqs`, `states`), as policies and last-access reports name services."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from foulweather.kernel.errors import AwsError
from foulweather.kernel.model import catalogue
from foulweather.kernel.services import Services

_FILE = Path(__file__).parent / "data" / "service_namespaces.json"


@cache
def namespaces() -> dict[str, str]:
    """The full name of every service by its namespace."""
    return json.loads(_FILE.read_text())


def namespace_of(services: Services, service: str, operation: str) -> str:
    """The namespace of the action that an operation of a botocore model is."""
    return tracked(services, service, operation)[0]


def tracked(services: Services, service: str, operation: str) -> tuple[str, str]:
    """That namespace, and the action's name; no name for a data event, of which last access is not tracked."""
    try:
        access = services.operation(service, operation).access
    except (AwsError, LookupError):
        entry = catalogue().get(service)
        return (entry.signing_name if entry is not None else service), operation
    namespace, _, action = access.action.partition(":")
    return namespace, "" if access.is_data else action
