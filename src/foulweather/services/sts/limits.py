"""The numbers of STS, and the words in which it refuses.

Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("IAM and STS
quotas"). Durations: the AWS STS API Reference of each operation. Lengths, patterns and ranges that
the model states are checked by the kernel.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from foulweather.kernel.directory import RoleView
from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate
from foulweather.kernel.why import Fact
from foulweather.policy.document import PolicySyntaxError, parse

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

ROLE_DURATION_S = 3_600  # AssumeRole*, DurationSeconds: "By default, the value is set to 3600 seconds."
CHAINED_DURATION_S_MAX = 3_600  # AssumeRole: "Role chaining limits your … session to a maximum of one hour."
TOKEN_DURATION_S = 43_200  # GetSessionToken, GetFederationToken: "a default of 43,200 seconds (12 hours)"
ROOT_DURATION_S_MAX = 3_600  # both: sessions of the root user "are restricted to a maximum of 3,600 seconds"
POLICY_ARNS_MAX = 10  # AssumeRole, PolicyArns: "You can provide up to 10 managed policy ARNs."
PLAINTEXT_MAX = 2_048  # AssumeRole, Policy: inline and managed session policies "can't exceed 2,048 characters"
SESSION_TAGS_MAX = 50  # AssumeRole, Tags: "You can pass up to 50 session tags."

# AWS does not publish its packed format nor the limit in bytes. Ours is the deflated text; the limit is set
# so that the example responses of the API Reference (6 % for the policy of AssumeRole's) come out alike.
PACKED_BYTES_MAX = 1_700

# "Requests to AWS STS … made using AWS credentials … 600 requests per second, per account, per Region".
RATES = {
    name: Rate(600, 600)
    for name in (
        "AssumeRole",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetFederationToken",
        "GetSessionToken",
    )
}


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A refusal as a validation error."""
    return AwsError("ValidationError", message, facts=facts, remedy=remedy)


def denied(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A refusal as AccessDenied."""
    return AwsError("AccessDenied", message, 403, facts=facts, remedy=remedy)


def constraint(value: object, member: str, rule: str) -> AwsError:
    """A refusal in the wording that AWS services share."""
    return invalid(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {rule}"
    )


def checked_role_duration_s(call: Call, role: RoleView, asked_s: int | None) -> int:
    """How long a role's session lasts."""
    duration_s = ROLE_DURATION_S if asked_s is None else asked_s
    if call.principal.kind == "assumed-role" and duration_s > CHAINED_DURATION_S_MAX:
        raise invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            Fact(role.arn, "DurationSeconds", duration_s),
            Fact(call.principal.arn, "role chaining", True),
        )
    if duration_s > role.max_session_s:
        raise invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            call.fact(role.arn, "MaxSessionDuration", role.max_session_s),
            remedy=(f"aws iam update-role --role-name {role.name} --max-session-duration {duration_s}",),
        )
    return duration_s


def checked_token_duration_s(call: Call, asked_s: int | None) -> int:
    """How long a user's token lasts; the root user's "defaults to one hour" when more is asked."""
    duration_s = TOKEN_DURATION_S if asked_s is None else asked_s
    return min(duration_s, ROOT_DURATION_S_MAX) if call.principal.kind == "root" else duration_s


def checked_policies(request: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The inline session policy (none or one) and the ARNs of the managed ones."""
    document: str | None = request.get("Policy")
    arns = tuple(each["arn"] for each in request.get("PolicyArns", ()) if "arn" in each)
    if len(arns) > POLICY_ARNS_MAX:
        raise constraint(list(arns), "policyArns", f"have length less than or equal to {POLICY_ARNS_MAX}")
    if len(document or "") + sum(map(len, arns)) > PLAINTEXT_MAX:
        raise constraint(document or list(arns), "policy", f"have length less than or equal to {PLAINTEXT_MAX}")
    if document is None:
        return (), arns
    try:
        parse(document, "session")
    except PolicySyntaxError as error:
        raise AwsError("MalformedPolicyDocumentException", error.message) from None
    return (document,), arns


def require_managed(call: Call, arns: Sequence[str], account: str) -> None:
    """Managed session policies must exist, and "must exist in the same account as the role"."""
    directory = call.pipeline.directory
    for arn in arns:
        if directory is None or directory.managed_policy(arn, account) is None:
            raise AwsError(
                "MalformedPolicyDocumentException",
                f"The policy {arn} does not exist or is not attachable.",
                facts=(Fact(arn, "exists", False),),
            )


def checked_tags(tags: Sequence[Mapping[str, str]], inherited: Mapping[str, str]) -> dict[str, str]:
    """The session tags of a request; their keys are case-insensitive."""
    asked = {tag["Key"]: tag["Value"] for tag in tags}
    folded = {key.lower() for key in asked}
    if len(folded) != len(tags):
        raise AwsError(
            "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    for key in asked:
        if key.lower().startswith("aws:"):
            raise AwsError("InvalidParameterValue", f"Tag key '{key}' begins with the reserved prefix aws:.")
    conflicts = sorted(key for key in inherited if key.lower() in folded)
    if conflicts:
        raise AwsError(
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
            "from the calling session.",
            facts=tuple(Fact("calling session", f"transitive tag {key}", inherited[key]) for key in conflicts),
        )
    return asked


def checked_transitive(keys: Sequence[str], tags: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of the tags that further sessions inherit."""
    folded = {key.lower(): key for key in tags}
    for key in keys:
        if key.lower() not in folded:
            raise AwsError(
                "InvalidParameterValue", "The specified transitive tag key must be included in the requested tags."
            )
    return tuple(folded[key.lower()] for key in keys)


def checked_source_identity(asked: str, inherited: str) -> str:
    """The source identity of a session; once set, it "cannot be changed" along a chain of roles."""
    if asked.lower().startswith("aws:"):
        raise invalid("The value of SourceIdentity cannot begin with the reserved prefix aws:.")
    if asked and inherited and asked != inherited:
        raise denied(
            "SourceIdentity cannot be changed once it is set in the calling session.",
            Fact("calling session", "SourceIdentity", inherited),
        )
    return asked or inherited


def packed_percent(policies: Sequence[str], arns: Sequence[str], tags: Mapping[str, str]) -> int | None:
    """How much of the allotted space a session's policies and tags take; None without any."""
    if not (policies or arns or tags):
        return None
    text = "\n".join((*policies, *arns, *(part for pair in tags.items() for part in pair)))
    size_bytes = len(zlib.compress(text.encode(), 9))
    percent = -(-100 * size_bytes // PACKED_BYTES_MAX)
    if percent > 100:
        message = (
            f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
            if policies or arns
            else f"Packed size of session tags consumes {percent}% of allotted space."
        )
        raise AwsError("PackedPolicyTooLargeException", message, facts=(Fact("session", "PackedPolicySize", percent),))
    return percent
