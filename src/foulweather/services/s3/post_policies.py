"""What the policy document of a browser's upload form allows.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

LENGTH_RANGE: Final = "content-length-range"
# "Each form field that you specify in a form (except x-amz-signature, file, policy, and field names that have
# an x-ignore- prefix) must appear in the list of conditions."
_UNCOVERED: Final = frozenset({"x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"})
_IGNORED: Final = "x-ignore-"
_MEMBERS: Final = ("expiration", "conditions")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
# A dollar sign may be escaped, which JSON itself does not know.
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class Condition(NamedTuple):
    """One condition: `eq` or `starts-with` on a field (by lower-case name), or a range of sizes."""

    operator: str
    field: str
    value: str
    bytes_min: int
    bytes_max: int
    told: str
    """As refusals tell it: `["eq", "$key", "a"]`."""


class PostPolicy(NamedTuple):
    """A policy document, read."""

    expires_ms: int
    expiration: str
    conditions: list[Condition]


def parsed(encoded: str) -> PostPolicy:
    """The policy document in a form's field; refuses what makes no sense."""
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True).decode()
        document: Any = json.loads(_ESCAPED.sub(_unescaped, text))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _invalid("Invalid JSON.", "document", encoded[:200]) from error
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.", "document", encoded[:200])
    members = cast("dict[str, Any]", document)
    for name in members:
        if name not in _MEMBERS:
            raise _invalid(f"Unexpected: '{name}'", "document", name)
    if "expiration" not in members:
        raise _invalid("Policy missing expiration.", "expiration", None)
    expiration = members["expiration"]
    expires_ms = _time(expiration)
    given = members.get("conditions")
    if not isinstance(given, list):
        raise _invalid("Policy missing conditions.", "conditions", given)
    conditions = [_condition(f"conditions[{number}]", each) for number, each in enumerate(given)]  # type: ignore[reportUnknownArgumentType]
    return PostPolicy(expires_ms, expiration, conditions)


def _unescaped(found: re.Match[str]) -> str:
    return "$" if found[1] == "$" else found[0]


def _time(text: Any) -> int:
    if isinstance(text, str) and _TIME.fullmatch(text):
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except ValueError:
            pass
    raise _invalid(f"Invalid 'expiration' value: '{text}'", "expiration", text)


def _condition(place: str, given: Any) -> Condition:
    if isinstance(given, dict):
        if len(given) != 1:  # type: ignore[reportUnknownArgumentType]
            words = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
            raise _invalid(words, place, given)
        (name, value), *_ = given.items()  # type: ignore[reportUnknownVariableType]
        if not isinstance(name, str) or not isinstance(value, str):
            raise _invalid("Invalid Simple-Condition: value must be a string.", place, given)
        return _match("eq", name, value)
    if not isinstance(given, list) or len(given) != 3 or not isinstance(given[0], str):  # type: ignore[reportUnknownArgumentType]
        raise _invalid("Invalid Condition: must be an operator with two arguments.", place, given)
    operator, first, second = given[0].lower(), given[1], given[2]  # type: ignore[reportUnknownVariableType]
    if operator == LENGTH_RANGE:
        low, high = _size(place, given, first), _size(place, given, second)
        return Condition(operator, "", "", low, high, json.dumps(given, ensure_ascii=False))
    if operator not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Condition: unknown operation '{given[0]}'.", place, given)
    if not isinstance(first, str) or not first.startswith("$") or not isinstance(second, str):
        raise _invalid("Invalid Condition: must name a field as '$field', and a string.", place, given)
    return _match(operator, first[1:], second)


def _match(operator: str, name: str, value: str) -> Condition:
    told = json.dumps([operator, f"${name}", value], ensure_ascii=False)
    return Condition(operator, name.lower(), value, 0, 0, told)


def _size(place: str, given: Any, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _invalid("Invalid content-length-range: must be integers that are not negative.", place, given)
    return value


def check(policy: PostPolicy, fields: Mapping[str, str], size: int | None, now_ms: int) -> None:
    """Refuse a form that does not keep to its policy. `fields`, by lower-case name, have their variables filled in

    and tell the bucket that the form was sent to; `now_ms` is the time by the clock that signed. The size of a
    file that still arrives is not known: `check_size` is asked about it when it has.
    """
    if now_ms >= policy.expires_ms:
        facts = (
            Fact("policy", "expiration", policy.expiration),
            Fact("world", "now_ms", now_ms),
            Fact("policy", "expires_ms", policy.expires_ms),
        )
        raise _denied("Policy expired.", facts)
    for number, condition in enumerate(policy.conditions):
        if condition.operator == LENGTH_RANGE:
            if size is not None:
                _check_size(number, condition, size)
        elif not _holds(condition, fields.get(condition.field)):
            facts = (
                Fact("policy", f"conditions[{number}]", json.loads(condition.told)),
                Fact("form", condition.field, fields.get(condition.field)),
            )
            raise _denied(f"Policy Condition failed: {condition.told}", facts)
    covered = {condition.field for condition in policy.conditions}
    extra = [
        name for name in fields if name not in covered and name not in _UNCOVERED and not name.startswith(_IGNORED)
    ]
    if extra:
        facts = tuple([Fact("form", name, fields[name][:200]) for name in extra[:10]])
        raise _denied(f"Extra input fields: {', '.join(extra)}", (Fact("policy", "covers", sorted(covered)), *facts))


def size_max(policy: PostPolicy) -> int | None:
    """The largest file that a policy allows, where it says."""
    return min((each.bytes_max for each in policy.conditions if each.operator == LENGTH_RANGE), default=None)


def check_size(policy: PostPolicy, size: int) -> None:
    """Refuse a file that is smaller or larger than the policy of its form allows."""
    for number, condition in enumerate(policy.conditions):
        if condition.operator == LENGTH_RANGE:
            _check_size(number, condition, size)


def _holds(condition: Condition, value: str | None) -> bool:
    if value is None:
        return False
    if condition.operator == "eq":
        return value == condition.value
    if condition.field == "content-type":  # "interpreted as a list that can contain multiple values"
        return all(each.strip().startswith(condition.value) for each in value.split(","))
    return value.startswith(condition.value)


def _check_size(number: int, condition: Condition, size: int) -> None:
    facts = (Fact("policy", f"conditions[{number}]", json.loads(condition.told)), Fact("form", "size of file", size))
    if size < condition.bytes_min:
        members = {"ProposedSize": size, "MinSizeAllowed": condition.bytes_min}
        message = "Your proposed upload is smaller than the minimum allowed size"
        raise AwsError("EntityTooSmall", message, 400, facts=facts, members=members)
    if size > condition.bytes_max:
        members = {"ProposedSize": size, "MaxSizeAllowed": condition.bytes_max}
        message = "Your proposed upload exceeds the maximum allowed size"
        raise AwsError("EntityTooLarge", message, 400, facts=facts, members=members)


def _invalid(words: str, name: str, value: Any) -> AwsError:
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {words}", 400, facts=(Fact("policy", name, value),))


def _denied(words: str, facts: tuple[Fact, ...]) -> AwsError:
    return AwsError("AccessDenied", f"Invalid according to Policy: {words}", 403, facts=facts)
