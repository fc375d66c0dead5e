"""The kinds of SDKs that API Gateway generates.

https://docs.aws.amazon.com/apigateway/latest/developerguide/genearte-java-sdk-of-an-api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, paging, refusals

Request = Mapping[str, Any]


def _property(name: str, friendly: str, described: str) -> dict[str, Any]:
    return {"name": name, "friendlyName": friendly, "description": described, "required": True}


_JAVA: Final = (
    _property("serviceName", "Service Name", "The name of the service"),
    _property("javaPackageName", "Java Package Name", "The name of the Java package"),
)
_MAVEN: Final = (
    _property("groupId", "Java Group ID", "The Group ID of the Maven project"),
    _property("artifactId", "Java Artifact ID", "The Artifact ID of the Maven project"),
    _property("artifactVersion", "Java Artifact Version", "The version of the Maven project"),
)
_TYPES: Final[Mapping[str, tuple[str, tuple[dict[str, Any], ...]]]] = {
    "android": ("Android", (*_MAVEN, _property("invokerPackage", "Invoker Package", "The package of the client"))),
    "javascript": ("JavaScript", ()),
    "objectivec": ("iOS (Objective-C)", (_property("classPrefix", "Prefix", "The prefix of the classes"),)),
    "swift": ("iOS (Swift)", (_property("classPrefix", "Prefix", "The prefix of the classes"),)),
    "java": ("Java SDK", _JAVA),
    "ruby": ("Ruby", (_property("service.name", "Service Name", "The name of the Ruby module"),)),
}


def get_sdk_types(call: Call, request: Request) -> dict[str, Any]:
    """Every kind of SDK."""
    found, more = paging.page([_told(kind) for kind in _TYPES], request)
    return {"items": list(found), **more}


def get_sdk_type(call: Call, request: Request) -> dict[str, Any]:
    """A kind of SDK, with what must be said to generate one."""
    if request["id"] not in _TYPES:
        path = finding.arn(call, f"/sdktypes/{request['id']}")
        raise refusals.missing("Invalid SDK type identifier specified", path)
    return _told(request["id"])


def _told(kind: str) -> dict[str, Any]:
    name, properties = _TYPES[kind]
    return {"id": kind, "friendlyName": name, "configurationProperties": list(properties)}
