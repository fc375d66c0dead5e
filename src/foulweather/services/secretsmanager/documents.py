"""Policies of secrets as documents: whether they can be one, and whether they let everybody in.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
"""

from __future__ import annotations

import re

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.conditions import Test
from foulweather.policy.document import Policy, PolicySyntaxError, Statement, parse

_NARROWING = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "kms:calleraccount",
    }
)
_POSITIVE = frozenset({"stringequals", "stringlike", "arnequals", "arnlike", "stringequalsignorecase"})
_OPEN = re.compile(r"[*?]|\$\{")


def checked(call: Call, arn: str, text: str) -> Policy:
    """A policy that Secrets Manager takes."""
    try:
        policy = parse(text, "resource")
    except PolicySyntaxError as error:
        raise AwsError(
            "MalformedPolicyDocumentException",
            f"This resource policy contains a syntax error: {error.message}",
            facts=(Fact(arn, "ResourcePolicy", text),),
        ) from error
    for gone in _strangers(call, policy):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "This resource policy contains an unsupported principal.",
            facts=(Fact(arn, "Principal", gone), Fact(gone, "exists", False)),
        )
    return policy


def opening(policy: Policy) -> Statement | None:
    """The first statement that lets in anybody at all."""
    return next((each for each in policy.statements if _opens(each)), None)


def _strangers(call: Call, policy: Policy) -> list[str]:
    directory = call.pipeline.directory
    if directory is None:
        return []
    named = [arn for each in policy.statements if each.principal is not None for arn in sorted(each.principal.arns)]
    return [
        arn
        for arn in named
        if (":role/" in arn and directory.role(arn) is None) or (":user/" in arn and directory.user(arn) is None)
    ]


def _opens(statement: Statement) -> bool:
    element = statement.principal
    if not statement.allows or element is None:
        return False
    anybody = element.negated or element.everyone or "*" in element.services or "*" in element.federated
    return anybody and not any(_narrows(test) for test in statement.tests)


def _narrows(test: Test) -> bool:
    return (
        test.lookup in _NARROWING
        and test.operator.lower() in _POSITIVE
        and all(not _OPEN.search(text) for text in test.wanted)
    )
