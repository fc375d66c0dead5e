"""Data protection policies: what of a message is sensitive.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch-logs-data-protection-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from orjson import JSONDecodeError, loads

from foulweather.kernel import linear_patterns
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.logs.chunks import Spans
from foulweather.services.logs.identifiers import MANAGED
from foulweather.services.logs.identifying import Identifier

POLICY_CHARACTERS_MAX: Final = 30_720
CUSTOM_MAX: Final = 10
CUSTOM_REGEX_MAX: Final = 200
_ARN: Final = re.compile(r"arn:aws[a-z-]*:dataprotection::aws:data-identifier/([A-Za-z0-9-]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
Identifiers = tuple[Identifier, ...]


def found(identifiers: Identifiers, message: str) -> Spans:
    """The sensitive parts of a message, in order, none within another."""
    spans: Spans = []
    for start, end in sorted([span for each in identifiers for span in each.spans(message)]):
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return spans


class Protection(NamedTuple):
    """A compiled policy: what is masked, and the log group that findings are written to, if one is."""

    identifiers: Identifiers
    findings_group: str


def compiled(document: str) -> Protection:
    """A policy ready to mask with; a refusal of what cannot be one."""
    try:
        policy: Any = loads(document)
    except JSONDecodeError:
        raise _wrong("Data protection policy is not valid JSON.", document) from None
    if not isinstance(policy, dict) or len(document) > POLICY_CHARACTERS_MAX:
        raise _wrong("Data protection policy is not valid.", document)
    whole = cast("dict[str, Any]", policy)
    statements: Any = whole.get("Statement")
    if whole.get("Version") != "2021-06-01" or not whole.get("Name"):
        raise _wrong("Data protection policy must have a Name and the Version 2021-06-01.", document)
    if not isinstance(statements, list) or len(cast("list[Any]", statements)) != 2:
        raise _wrong("Data protection policy must have an audit statement and a de-identify statement.", document)
    listed = cast("list[Any]", statements)
    audit, masks = _statement(listed, "Audit", document), _statement(listed, "Deidentify", document)
    named = audit["DataIdentifier"]
    if not isinstance(named, list) or not named or named != masks["DataIdentifier"]:
        raise _wrong("The DataIdentifier arrays of the two statements must be the same.", document)
    if masks["Operation"]["Deidentify"] != {"MaskConfig": {}}:
        raise _wrong("The Deidentify operation must contain an empty MaskConfig object.", document)
    destinations = audit["Operation"]["Audit"].get("FindingsDestination")
    if not isinstance(destinations, dict):
        raise _wrong("The Audit operation must contain a FindingsDestination object.", document)
    custom = _custom(whole, document)
    identifiers = tuple(_identifier(name, custom, document) for name in cast("list[Any]", named))
    return Protection(identifiers, _findings_group(cast("dict[str, Any]", destinations), document))


def _findings_group(destinations: dict[str, Any], document: str) -> str:
    for kind in destinations:
        if kind in ("Firehose", "S3"):
            raise not_implemented("logs", f"PutDataProtectionPolicy.FindingsDestination.{kind}")
        if kind != "CloudWatchLogs":
            raise _wrong(f"Unknown findings destination {kind}.", document)
    target: Any = destinations.get("CloudWatchLogs")
    if target is None:
        return ""
    name: Any = cast("dict[str, Any]", target).get("LogGroup") if isinstance(target, dict) else None
    if not isinstance(name, str) or not name:
        raise _wrong("The findings destination CloudWatchLogs must name a LogGroup.", document)
    return name


def _statement(statements: Sequence[Any], operation: str, document: str) -> dict[str, Any]:
    for each in statements:
        if isinstance(each, dict):
            statement = cast("dict[str, Any]", each)
            operations: Any = statement.get("Operation")
            if isinstance(operations, dict) and isinstance(operations.get(operation), dict):  # pyright: ignore[reportUnknownMemberType]
                return {"DataIdentifier": None, **statement}
    raise _wrong(f"Data protection policy must have a statement with the operation {operation}.", document)


def _custom(policy: dict[str, Any], document: str) -> dict[str, Identifier]:
    configuration: Mapping[str, Any] = policy.get("Configuration") or {}
    written: list[Mapping[str, Any]] = configuration.get("CustomDataIdentifier") or []
    if len(written) > CUSTOM_MAX:
        raise _wrong(f"A data protection policy can have at most {CUSTOM_MAX} custom data identifiers.", document)
    custom: dict[str, Identifier] = {}
    for each in written:
        name, regex = str(each.get("Name", "")), str(each.get("Regex", ""))
        if not _NAME.fullmatch(name) or not 0 < len(regex) <= CUSTOM_REGEX_MAX:
            raise _wrong(f"Invalid custom data identifier {name}.", document)
        try:
            custom[name] = Identifier(name, linear_patterns.compiled(f"(?:{regex})"))
        except linear_patterns.InvalidExpression:
            raise _wrong(f"Invalid regex for custom data identifier {name}.", document) from None
    return custom


def _identifier(name: Any, custom: dict[str, Identifier], document: str) -> Identifier:
    if name in custom:
        return custom[name]
    managed = _ARN.fullmatch(str(name))
    if managed is None:
        raise _wrong(f"Unknown data identifier {name}.", document)
    if managed[1] not in MANAGED:
        raise not_implemented("logs", f"PutDataProtectionPolicy.DataIdentifier={managed[1]}")
    return MANAGED[managed[1]]


def _wrong(message: str, document: str) -> AwsError:
    return AwsError("InvalidParameterException", message, facts=(Fact("request", "policyDocument", document),))
