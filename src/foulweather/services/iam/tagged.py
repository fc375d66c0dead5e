"""What of IAM has tags, for Resource Groups and their Tagging API.

https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foulweather.kernel.ports import Ports
from foulweather.kernel.quotas import GLOBAL_REGION
from foulweather.services.iam.state import IamState
from foulweather.world.world import World

KINDS = {
    "iam:instance-profile": "AWS::IAM::InstanceProfile",
    "iam:mfa": "AWS::IAM::VirtualMFADevice",
    "iam:oidc-provider": "AWS::IAM::OIDCProvider",
    "iam:policy": "AWS::IAM::ManagedPolicy",
    "iam:role": "AWS::IAM::Role",
    "iam:saml-provider": "AWS::IAM::SAMLProvider",
    "iam:server-certificate": "AWS::IAM::ServerCertificate",
    "iam:user": "AWS::IAM::User",
}
# The operation on each of them, the member that names it, and whether that takes the ARN.
_OPERATIONS = {
    "instance-profile": ("instance_profile", "InstanceProfileName", False),
    "mfa": ("mfa_device", "SerialNumber", True),
    "oidc-provider": ("open_id_connect_provider", "OpenIDConnectProviderArn", True),
    "policy": ("policy", "PolicyArn", True),
    "role": ("role", "RoleName", False),
    "saml-provider": ("saml_provider", "SAMLProviderArn", True),
    "server-certificate": ("server_certificate", "ServerCertificateName", False),
    "user": ("user", "UserName", False),
}


def resources(world: World, account: str, region: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Policies, instance profiles, MFA devices, identity providers and server certificates.

    "The GetResources operation does not currently support IAM users and roles."
    """
    if region != GLOBAL_REGION:
        return
    state = world.state(IamState, account)
    for rows in (
        state.instance_profiles,
        state.mfa_devices,
        state.oidc_providers,
        state.policies,
        state.saml_providers,
        state.server_certificates,
    ):
        for row in rows.values():
            yield row.arn, row.tags


def tag(ports: Ports, arn: str, tags: Mapping[str, str]) -> Any:
    """TagPolicy, TagInstanceProfile and so on."""
    noun, named = _named(arn)
    return getattr(ports.iam, f"tag_{noun}")(
        {**named, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )


def untag(ports: Ports, arn: str, keys: Sequence[str]) -> Any:
    """UntagPolicy, UntagInstanceProfile and so on."""
    noun, named = _named(arn)
    return getattr(ports.iam, f"untag_{noun}")({**named, "TagKeys": list(keys)})


def _named(arn: str) -> tuple[str, dict[str, str]]:
    rest = arn.split(":", 5)[5]
    noun, member, takes_arn = _OPERATIONS[rest.partition("/")[0]]
    return noun, {member: arn if takes_arn else rest.rpartition("/")[2]}
