"""Resource policies as documents: a statement put in, a statement taken out.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.lambda_ import limits, refusals

_SERVICE = re.compile(r"[a-z0-9.-]+\.(?:amazonaws\.com(?:\.cn)?|alexa\.com|aws\.internal)|alexa-[a-z.-]+\.amazon\.com")
_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:.+")


def principal_element(call: Call, principal: str) -> Any:
    """The Principal of a statement: everybody, a service, an account or an identity of one."""
    if principal == "*":
        return "*"
    if _SERVICE.fullmatch(principal):
        return {"Service": principal}
    if len(principal) == 12 and principal.isdigit():
        return {"AWS": f"arn:aws:iam::{principal}:root"}
    directory = call.pipeline.directory
    is_known = _IDENTITY.fullmatch(principal) is not None
    if is_known and directory is not None and ":role/" in principal:
        is_known = directory.role(principal) is not None
    elif is_known and directory is not None and ":user/" in principal:
        is_known = directory.user(principal) is not None
    if not is_known:
        raise refusals.invalid(
            "The provided principal was invalid. Please check the principal and try again.",
            Fact("request", "Principal", principal),
        )
    return {"AWS": principal}


def added(arn: str, document: str, statement: dict[str, Any]) -> str:
    """A policy with one more statement, whose id is its own."""
    policy: dict[str, Any] = (
        msgspec.json.decode(document) if document else {"Version": "2012-10-17", "Id": "default", "Statement": []}
    )
    sid = statement["Sid"]
    if any(each["Sid"] == sid for each in policy["Statement"]):
        raise refusals.conflict(
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
            "existing statement.",
            Fact(arn, f"statement {sid}", "exists"),
        )
    policy["Statement"].append(statement)
    text = msgspec.json.encode(policy).decode()
    try:
        parse(text, "resource")
    except PolicySyntaxError as error:
        raise refusals.invalid(error.message, Fact("request", "statement", statement)) from error
    if len(text) > limits.POLICY_BYTES_MAX:
        raise AwsError(
            "PolicyLengthExceededException",
            f"The final policy size ({len(text)}) is bigger than the limit ({limits.POLICY_BYTES_MAX}).",
            facts=(Fact(arn, "policy bytes", len(text)),),
        )
    return text


def removed(arn: str, document: str, sid: str) -> str:
    """A policy without a statement; empty without any."""
    policy: dict[str, Any] = msgspec.json.decode(document) if document else {"Statement": []}
    kept = [each for each in policy["Statement"] if each["Sid"] != sid]
    if len(kept) == len(policy["Statement"]):
        raise refusals.not_found(
            f"Statement {sid} is not found in resource policy.", Fact(arn, f"statement {sid}", "does not exist")
        )
    policy["Statement"] = kept
    return msgspec.json.encode(policy).decode() if kept else ""


def encoded(statement: dict[str, Any]) -> str:
    """A statement as Lambda gives it back."""
    return msgspec.json.encode(statement).decode()
