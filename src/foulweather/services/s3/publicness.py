"""The meaning of "public": whether a policy lets in anybody.

A policy is assumed to be public, unless what it allows goes only to fixed values: of principals, or of
certain condition keys, without wildcards and variables.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"""

from __future__ import annotations

import ipaddress
import re

from foulweather.policy.conditions import Test
from foulweather.policy.document import Policy, Statement

_FIXING = frozenset(
    {
        *("aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid"),
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceorgid"),
        *("s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id"),
    }
)
_POSITIVE = frozenset(
    {
        *("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"),
        *("foranyvalue:stringequals", "foranyvalue:stringlike"),
    }
)
_OPEN = re.compile(r"[*?]|\$\{")
# Wider ranges of addresses are public, but for those of private networks (RFC 1918).
_PREFIX_MIN = {4: 8, 6: 32}
_ANY_POINT = re.compile(r"arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:accesspoint/.+")


def is_public(policy: Policy) -> bool:
    """Whether some statement of a policy lets in anybody."""
    return any(opens(statement) for statement in policy.statements)


def opens(statement: Statement) -> bool:
    """Whether a statement lets in anybody."""
    if not statement.allows or statement.principal is None:
        return False
    element = statement.principal
    names_anybody = element.negated or element.everyone or "*" in element.services or "*" in element.federated
    return names_anybody and not any(_fixes(test) for test in statement.tests)


def _fixes(test: Test) -> bool:
    """Whether a condition lets in only those who have a fixed value."""
    operator = test.operator.lower()
    if test.lookup == "aws:sourceip":
        return operator == "ipaddress" and all(_is_narrow(text) for text in test.wanted)
    if test.lookup not in _FIXING or operator not in _POSITIVE:
        return False
    if test.lookup == "s3:dataaccesspointarn":
        # The name of the access point may be a pattern, as long as the account is fixed.
        return all(_ANY_POINT.fullmatch(text) and not _OPEN.search(text.partition("/")[0]) for text in test.wanted)
    if test.lookup == "aws:userid":
        return all(not _OPEN.search(text.removesuffix(":*")) and text[:4] != "AROL" for text in test.wanted)
    if test.lookup == "aws:principalorgpaths":
        return all(not _OPEN.search(text.partition("/")[0]) for text in test.wanted)
    return all(not _OPEN.search(text) for text in test.wanted)


def _is_narrow(text: str) -> bool:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return network.is_private or network.prefixlen >= _PREFIX_MIN[network.version]
