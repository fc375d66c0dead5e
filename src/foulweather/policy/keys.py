"""The global condition keys as data, and the keys that a policy asks for.

IAM User Guide, AWS global condition context keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from foulweather.policy import patterns
from foulweather.policy.document import Policy

KeyType = Literal["String", "ARN", "Bool", "Numeric", "Date", "IPAddress"]


class GlobalKey(msgspec.Struct, frozen=True):
    """A key of every service's context; a name that ends in `/` is followed by a tag's key."""

    name: str
    type: KeyType = "String"
    multivalued: bool = False


GLOBAL_KEYS: tuple[GlobalKey, ...] = (
    # Properties of the principal
    GlobalKey("aws:PrincipalArn", "ARN"),
    GlobalKey("aws:PrincipalAccount"),
    GlobalKey("aws:PrincipalOrgPaths", multivalued=True),
    GlobalKey("aws:PrincipalOrgID"),
    GlobalKey("aws:PrincipalTag/"),
    GlobalKey("aws:PrincipalIsAWSService", "Bool"),
    GlobalKey("aws:PrincipalServiceName"),
    GlobalKey("aws:PrincipalServiceNamesList", multivalued=True),
    GlobalKey("aws:PrincipalType"),
    GlobalKey("aws:userid"),
    GlobalKey("aws:username"),
    # Properties of a role session
    GlobalKey("aws:AssumedRoot", "Bool"),
    GlobalKey("aws:FederatedProvider"),
    GlobalKey("aws:TokenIssueTime", "Date"),
    GlobalKey("aws:MultiFactorAuthAge", "Numeric"),
    GlobalKey("aws:MultiFactorAuthPresent", "Bool"),
    GlobalKey("aws:ChatbotSourceArn", "ARN"),
    GlobalKey("aws:Ec2InstanceSourceVpc"),
    GlobalKey("aws:Ec2InstanceSourcePrivateIPv4", "IPAddress"),
    GlobalKey("aws:SourceIdentity"),
    GlobalKey("ec2:RoleDelivery", "Numeric"),
    GlobalKey("ec2:SourceInstanceArn", "ARN"),
    GlobalKey("glue:RoleAssumedBy"),
    GlobalKey("glue:CredentialIssuingService"),
    GlobalKey("identitystore:UserId"),
    GlobalKey("lambda:SourceFunctionArn", "ARN"),
    GlobalKey("ssm:SourceInstanceArn", "ARN"),
    # Properties of the network
    GlobalKey("aws:SourceIp", "IPAddress"),
    GlobalKey("aws:SourceVpc"),
    GlobalKey("aws:SourceVpcArn", "ARN"),
    GlobalKey("aws:SourceVpce"),
    GlobalKey("aws:VpcSourceIp", "IPAddress"),
    GlobalKey("aws:VpceAccount"),
    GlobalKey("aws:VpceOrgID"),
    GlobalKey("aws:VpceOrgPaths", multivalued=True),
    # Properties of the resource
    GlobalKey("aws:ResourceAccount"),
    GlobalKey("aws:ResourceOrgID"),
    GlobalKey("aws:ResourceOrgPaths", multivalued=True),
    GlobalKey("aws:ResourceTag/"),
    # Properties of the request
    GlobalKey("aws:CalledVia", multivalued=True),
    GlobalKey("aws:CalledViaFirst"),
    GlobalKey("aws:CalledViaLast"),
    GlobalKey("aws:CurrentTime", "Date"),
    GlobalKey("aws:EpochTime", "Date"),
    GlobalKey("aws:referer"),
    GlobalKey("aws:RequestedRegion"),
    GlobalKey("aws:RequestTag/"),
    GlobalKey("aws:SecureTransport", "Bool"),
    GlobalKey("aws:SourceAccount"),
    GlobalKey("aws:SourceArn", "ARN"),
    GlobalKey("aws:SourceOrgID"),
    GlobalKey("aws:SourceOrgPaths", multivalued=True),
    GlobalKey("aws:TagKeys", multivalued=True),
    GlobalKey("aws:UserAgent"),
    GlobalKey("aws:ViaAWSService", "Bool"),
)

_BY_NAME = {key.name.lower(): key for key in GLOBAL_KEYS}


def global_key(name: str) -> GlobalKey | None:
    """The global key of that name, in any case; `aws:PrincipalTag/team` is `aws:PrincipalTag/`."""
    lowered = name.lower()
    prefix, slash, _ = lowered.partition("/")
    return _BY_NAME.get(prefix + slash)


def context_keys(policy: Policy) -> list[str]:
    """The keys that a policy's conditions and variables mention, as written, each once."""
    found: dict[str, str] = {}
    for name in _mentioned(policy):
        found.setdefault(name.lower(), name)
    return list(found.values())


def _mentioned(policy: Policy) -> Iterable[str]:
    for statement in policy.statements:
        if statement.resources is not None:
            for pattern in statement.resources.with_variables:
                yield from (variable.key for variable in patterns.variables_of(pattern))
        for test in statement.tests:
            yield test.key
            yield from test.variables
