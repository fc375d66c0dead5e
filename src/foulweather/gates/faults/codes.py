"""The errors that a service can answer: those of its model, and those that all of AWS shares.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from foulweather.gates.faults.fault import Fault
from foulweather.kernel.model import ServiceModel, Shape, catalogue


class Common(NamedTuple):
    """An error that every service may answer."""

    status: int
    message: str


# The messages are the page's own descriptions, but for throttling, whose words every service has in use.
COMMON: dict[str, Common] = {
    "InternalFailure": Common(
        500, "The request processing has failed because of an unknown error, exception or failure."
    ),
    "ServiceUnavailable": Common(503, "The request has failed due to a temporary failure of the server."),
    "ThrottlingException": Common(400, "Rate exceeded"),
    "Throttling": Common(400, "Rate exceeded"),
    "AccessDeniedException": Common(400, "You do not have sufficient access to perform this action."),
    "OptInRequired": Common(403, "The AWS access key ID needs a subscription for the service."),
    "RequestExpired": Common(
        400,
        "The request reached the service more than 15 minutes after the date stamp on the request or more than 15 "
        "minutes after the request expiration date.",
    ),
    "ValidationError": Common(400, "The input fails to satisfy the constraints specified by an AWS service."),
}


def checked(fault: Fault) -> Fault:
    """The fault with the status and the message of its error; raises ValueError for an error that there is not."""
    if not fault.code:
        raise ValueError(f"an errors fault needs the code of an error, such as {', '.join(list(COMMON)[:3])}")
    common = COMMON.get(fault.code)
    shape = None if fault.service not in catalogue() else _shape(fault.service, fault.code)
    if shape is not None:
        code, status, message = shape.name, _status(shape), shape.name
    elif common is not None:
        code, status, message = fault.code, common.status, common.message
    elif fault.service not in catalogue():
        raise ValueError(
            f"{fault.code} is not an error of all services ({', '.join(COMMON)}): say which service's it is"
        )
    else:
        raise ValueError(f"{fault.service} has no error {fault.code}: {_instead(fault.service)}")
    if fault.status and fault.status != status:
        raise ValueError(f"the status of {code} is {status}, not {fault.status}")
    return msgspec.structs.replace(fault, code=code, status=status, message=fault.message or message)


def _shape(service: str, code: str) -> Shape | None:
    """The error shape of a name, or of a code on the wire (`AWS.SimpleQueueService.NonExistentQueue`)."""
    shapes = ServiceModel.load(service).error_shapes
    found = shapes.get(code)
    if found is not None:
        return found
    return next((shape for shape in shapes.values() if _wire_code(shape) == code), None)


def _wire_code(shape: Shape) -> str:
    trait: dict[str, Any] = shape.trait("error", {})
    return trait.get("queryCode") or trait.get("code") or ""


def _status(shape: Shape) -> int:
    trait: dict[str, Any] = shape.trait("error", {})
    return int(trait.get("httpStatusCode") or (500 if shape.trait("fault") else 400))


def _instead(service: str) -> str:
    own = sorted(ServiceModel.load(service).error_shapes)
    return f"it has {', '.join(own)}; every service has {', '.join(COMMON)}"
