"""The refusals of AWS Organizations, in its words: the AWS Organizations API Reference, and what clients report."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.validation import NOT_NULL, Violation
from foulweather.kernel.why import Fact


def constraint(reason: str, message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """ConstraintViolationException with its reason."""
    return AwsError("ConstraintViolationException", message, facts=facts, remedy=remedy, members={"Reason": reason})


def invalid(reason: str, message: str, *facts: Fact) -> AwsError:
    """InvalidInputException with its reason."""
    return AwsError("InvalidInputException", message, facts=facts, members={"Reason": reason})


# What a constraint of the model says, the reason that AWS gives for a breach of it, and the words.
_BREACHES = (
    (NOT_NULL, "INPUT_REQUIRED", "You must include a value for all required parameters."),
    ("length less", "MAX_LENGTH_EXCEEDED", "You provided a string parameter that is longer than allowed."),
    ("length greater", "MIN_LENGTH_EXCEEDED", "You provided a string parameter that is shorter than allowed."),
    ("value less", "MAX_VALUE_EXCEEDED", "You provided a numeric parameter that has a larger value than allowed."),
    ("value greater", "MIN_VALUE_EXCEEDED", "You provided a numeric parameter that has a smaller value than allowed."),
    ("pattern", "INVALID_PATTERN", "You provided a value that does not match the required pattern."),
    ("enum", "INVALID_ENUM", "You specified an invalid value."),
)


def breach(violation: Violation) -> AwsError:
    """A request that breaks the model's constraints: Organizations does not use the wording that others share."""
    of_collection = violation.constraint.startswith(("Map", "Member must satisfy constraint"))
    for said, reason, message in _BREACHES:
        if said in violation.constraint and not of_collection:
            if reason == "INVALID_PATTERN" and violation.path == "targetId":
                reason = "INVALID_PATTERN_TARGET_ID"
            if reason == "INVALID_ENUM" and violation.path in ("type", "policyType", "filter"):
                reason = "INVALID_ENUM_POLICY_TYPE"
            return invalid(reason, message, Fact("request", violation.path, violation.constraint))
    return invalid(
        "INVALID_LIST_MEMBER",
        "You provided a list to a parameter that contains at least one invalid value.",
        Fact("request", violation.path, violation.constraint),
    )


def handshake_constraint(reason: str, message: str, *facts: Fact) -> AwsError:
    """HandshakeConstraintViolationException with its reason."""
    return AwsError("HandshakeConstraintViolationException", message, facts=facts, members={"Reason": reason})


def malformed(said: str) -> AwsError:
    """MalformedPolicyDocumentException; what is wrong stands in the reasons."""
    return AwsError(
        "MalformedPolicyDocumentException",
        "The provided policy document does not meet the requirements of the specified policy type.",
        facts=(Fact("policy", "Content", said),),
    )


def not_in_use(account: str) -> AwsError:
    """The account is in no organization."""
    return AwsError(
        "AWSOrganizationsNotInUseException",
        "Your account is not a member of an organization.",
        facts=(Fact(account, "organization", None),),
        remedy=("aws organizations create-organization",),
    )


def access_denied(*facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """What a member account hears where only the management account, or its delegate, may ask."""
    return AwsError(
        "AccessDeniedException", "You don't have permissions to access this resource.", facts=facts, remedy=remedy
    )


_NOT_FOUND = {
    "AccountNotFoundException": "You specified an account that doesn't exist.",
    "OrganizationalUnitNotFoundException": "You specified an organizational unit that doesn't exist.",
    "ParentNotFoundException": "You specified parent that doesn't exist.",
    "SourceParentNotFoundException": "You specified a source parent that doesn't exist.",
    "DestinationParentNotFoundException": "You specified a destination parent that doesn't exist.",
    "ChildNotFoundException": "You specified a child that doesn't exist.",
    "RootNotFoundException": "You specified a root that doesn't exist.",
    "PolicyNotFoundException": "You specified a policy that doesn't exist.",
    "TargetNotFoundException": "You specified a target that doesn't exist.",
    "HandshakeNotFoundException": "You specified a handshake that doesn't exist.",
    "ResponsibilityTransferNotFoundException": "We can't find a transfer that you specified.",
    "CreateAccountStatusNotFoundException": "You specified a create account request that doesn't exist.",
}


def not_found(code: str, sought: str) -> AwsError:
    """Something that a request names is not in the organization."""
    return AwsError(code, _NOT_FOUND[code], facts=(Fact(sought, "exists", False),))
