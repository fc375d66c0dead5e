"""What a bucket's or an access point's policy must hold to, in the words of S3's MalformedPolicy.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.document import Policy, PolicySyntaxError, Statement, parse
from foulweather.services.s3 import owners
from foulweather.services.s3.actions import ALL, BUCKET_ACTIONS, LISTING_KEYS, OBJECT_ACTIONS
from foulweather.services.s3.condition_keys import FAMILIES, KNOWN
from foulweather.services.s3.held_policies import id_at

POLICY_BYTES_MAX = 20 * 1024
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html: "limited to 20 KB in size"."""
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com|amazon\.com|aws\.internal)")


def checked(call: Call, text: str, arn: str) -> tuple[Policy, dict[str, str]]:
    """A policy for what has an ARN, and the unique ids of the users and roles that it names by ARN."""
    size = len(text.encode())
    if size > POLICY_BYTES_MAX:
        raise malformed(
            "Policy exceeds the maximum allowed document size.",
            Fact("request", "Policy bytes", size),
            Fact("S3", "Policy bytes", POLICY_BYTES_MAX),
        )
    if not text.startswith("{"):
        raise malformed("Policies must be valid JSON and the first byte must be '{'")
    try:
        policy = parse(text, "resource")
    except PolicySyntaxError as error:
        where = f"Statement[{error.statement}].{error.element}" if error.statement is not None else error.element
        raise malformed(error.message, Fact("request", f"Policy.{where}", error.value)) from error
    ids: dict[str, str] = {}
    for statement in policy.statements:
        _check_statement(call, statement, arn, ids)
    return policy, ids


def malformed(message: str, *facts: Fact) -> AwsError:
    """A policy that S3 does not take."""
    return AwsError("MalformedPolicy", message, 400, facts=facts)


def _check_statement(call: Call, statement: Statement, arn: str, ids: dict[str, str]) -> None:
    place = f"Policy.Statement[{statement.index}]"
    if statement.principal is None:
        raise malformed("Missing required field Principal", Fact("request", place, "has no Principal"))
    if statement.resources is None:
        raise malformed("Missing required field Resource", Fact("request", place, "has no Resource"))
    ids.update(_checked_principals(call, statement))
    actions = _checked_actions(statement)
    covered = [_kinds(written, arn) for written in statement.resources.written]
    for written, kinds in zip(statement.resources.written, covered, strict=True):
        if not kinds:
            raise malformed(
                "Policy has invalid resource",
                Fact("request", f"{place}.Resource", written),
                Fact(arn, "policies name", f"{arn} or {_objects_of(arn)}*"),
            )
    if not statement.actions.negated and not statement.resources.negated:
        _check_fit(statement, actions, {kind for kinds in covered for kind in kinds}, place)
    _check_conditions(statement, actions, place)


def _check_fit(statement: Statement, actions: Iterable[tuple[str, set[str]]], kinds: set[str], place: str) -> None:
    """Every action must work on some resource of its statement."""
    for written, matched in actions:
        fits = ("bucket" in kinds and bool(matched & BUCKET_ACTIONS)) or (
            "object" in kinds and bool(matched & OBJECT_ACTIONS)
        )
        if not fits:
            resources = statement.resources.written if statement.resources is not None else ()
            raise malformed(
                "Action does not apply to any resource(s) in statement",
                Fact("request", f"{place}.Action", written),
                Fact("request", f"{place}.Resource", list(resources)),
            )


def _checked_actions(statement: Statement) -> list[tuple[str, set[str]]]:
    found: list[tuple[str, set[str]]] = []
    for written in statement.actions.written:
        lowered = written.lower()
        if lowered == "*":
            found.append((written, set(ALL)))
            continue
        pattern = _pattern(lowered)
        matched = {action for action in ALL if pattern.fullmatch(action)}
        if not matched:
            raise malformed(
                "Policy has invalid action", Fact("request", f"Policy.Statement[{statement.index}].Action", written)
            )
        found.append((written, matched))
    return found


def _objects_of(arn: str) -> str:
    return f"{arn}/object/" if ":accesspoint/" in arn else f"{arn}/"


def _kinds(written: str, arn: str) -> set[str]:
    """What a resource of a policy can name of the bucket: itself, objects in it, both, or nothing."""
    kinds: set[str] = set()
    if _pattern(written).fullmatch(arn):
        kinds.add("bucket")
    objects = _objects_of(arn)
    for end in range(1, len(written) + 1):
        # What is left after `bucket/` is a key, or a `*` before it takes the key in too.
        if (end < len(written) or written[end - 1] == "*") and _pattern(written[:end]).fullmatch(objects):
            kinds.add("object")
            break
    return kinds


def _pattern(written: str) -> re.Pattern[str]:
    return re.compile("".join([{"*": ".*", "?": "."}.get(sign) or re.escape(sign) for sign in written]))


def _check_conditions(statement: Statement, actions: list[tuple[str, set[str]]], place: str) -> None:
    for test in statement.tests:
        key = test.lookup
        if key.startswith("aws:"):
            continue
        if key not in KNOWN and not key.startswith(FAMILIES) and not key.startswith(("jwt:", "saml:", "kms:")):
            raise malformed("Policy has an invalid condition key", Fact("request", f"{place}.Condition", test.key))
        listing = LISTING_KEYS.get(key)
        if listing is not None and not statement.actions.negated:
            for written, matched in actions:
                if not matched & listing:
                    raise malformed(
                        "Conditions do not apply to combination of actions and resources in statement",
                        Fact("request", f"{place}.Condition", test.key),
                        Fact("request", f"{place}.Action", written),
                    )


def _checked_principals(call: Call, statement: Statement) -> dict[str, str]:
    element, directory = statement.principal, call.pipeline.directory
    ids: dict[str, str] = {}
    if element is None:
        return ids
    for arn in sorted(element.arns):
        if directory is None or ":iam::cloudfront:user/" in arn or ":sts::" in arn:
            continue  # the ARN of a session does not tell its role's path
        unique_id = id_at(directory, arn)
        if not unique_id:
            raise _invalid_principal(arn)
        ids[arn] = unique_id
    for unique_id in element.unique_ids:
        # Whose id it was is not told to S3's callers; ids of the deleted are refused.
        raise _invalid_principal(unique_id)
    for service in sorted(element.services):
        if service != "*" and not _SERVICE.fullmatch(service):
            raise _invalid_principal(service)
    for canonical_id in sorted(element.canonical_users):
        if not owners.is_known(canonical_id):
            raise _invalid_principal(canonical_id)
    return ids


def _invalid_principal(written: str) -> AwsError:
    return AwsError(
        "MalformedPolicy",
        "Invalid principal in policy",
        400,
        facts=(Fact(written, "exists", False),),
        members={"Detail": written},
    )
