from __future__ import annotations

import pytest

from services.iam.calls import Iam, document, trust
from services.iam.certificates import pair
from services.iam.providers import METADATA

RED = [{"Key": "Team", "Value": "red"}]


@pytest.fixture(params=["user", "role", "instance_profile", "policy", "mfa_device", "saml", "oidc", "certificate"])
def tagged(request: pytest.FixtureRequest, iam: Iam) -> tuple[str, dict[str, str]]:
    """Something with a tag: the noun of its tagging operations, and the member that names it."""
    match request.param:
        case "user":
            iam.create_user(UserName="x", Tags=RED)
            return "user", {"UserName": "x"}
        case "role":
            iam.create_role(RoleName="x", AssumeRolePolicyDocument=trust(), Tags=RED)
            return "role", {"RoleName": "x"}
        case "instance_profile":
            iam.create_instance_profile(InstanceProfileName="x", Tags=RED)
            return "instance_profile", {"InstanceProfileName": "x"}
        case "policy":
            arn = iam.create_policy(PolicyName="x", PolicyDocument=document(), Tags=RED)["Policy"]["Arn"]
            return "policy", {"PolicyArn": arn}
        case "mfa_device":
            made = iam.create_virtual_mfa_device(VirtualMFADeviceName="x", Tags=RED)["VirtualMFADevice"]
            return "mfa_device", {"SerialNumber": made["SerialNumber"]}
        case "saml":
            made = iam.create_saml_provider(Name="x", SAMLMetadataDocument=METADATA, Tags=RED)
            return "saml_provider", {"SAMLProviderArn": made["SAMLProviderArn"]}
        case "oidc":
            made = iam.create_open_id_connect_provider(Url="https://id.example.com", Tags=RED)
            return "open_id_connect_provider", {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
        case _:
            body, key = pair()
            iam.upload_server_certificate(ServerCertificateName="x", CertificateBody=body, PrivateKey=key, Tags=RED)
            return "server_certificate", {"ServerCertificateName": "x"}


def test_tags_are_set_replaced_and_removed(iam: Iam, tagged: tuple[str, dict[str, str]]) -> None:
    noun, named = tagged
    listed = getattr(iam, f"list_{noun}_tags")
    assert listed(**named) == {"Tags": RED, "IsTruncated": False}
    getattr(iam, f"tag_{noun}")(**named, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "a", "Value": ""}])
    assert listed(**named)["Tags"] == [{"Key": "a", "Value": ""}, {"Key": "team", "Value": "blue"}]
    assert listed(**named, MaxItems=1)["IsTruncated"] is True
    getattr(iam, f"untag_{noun}")(**named, TagKeys=["TEAM", "unknown"])
    assert listed(**named)["Tags"] == [{"Key": "a", "Value": ""}]
    fifty = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert iam.refused(f"tag_{noun}", **named, Tags=fifty) == (
        "LimitExceeded",
        409,
        "The number of tags has reached the maximum limit.",
    )
    twice = [{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}]
    assert iam.refused(f"tag_{noun}", **named, Tags=twice) == (
        "InvalidInput",
        400,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert iam.refused(f"tag_{noun}", **named, Tags=[{"Key": "aws:x", "Value": ""}])[0] == "InvalidInput"


def test_tags_decide(iam: Iam) -> None:
    iam.create_user(UserName="admin")
    iam.create_user(UserName="red", Tags=RED)
    iam.create_user(UserName="blue", Tags=[{"Key": "Team", "Value": "blue"}])
    of_red = document("iam:DeleteUser", Condition={"StringEquals": {"aws:ResourceTag/Team": "red"}})
    iam.put_user_policy(UserName="admin", PolicyName="p", PolicyDocument=of_red)
    admin = iam.as_user("admin")
    assert admin.refused("delete_user", UserName="blue")[0] == "AccessDenied"
    admin.delete_user(UserName="red")
    iam.put_user_policy(
        UserName="admin",
        PolicyName="p",
        PolicyDocument=document("iam:TagUser", Condition={"StringEquals": {"iam:ResourceTag/Team": "blue"}}),
    )
    admin.tag_user(UserName="blue", Tags=[{"Key": "x", "Value": "y"}])
    iam.put_user_policy(
        UserName="admin",
        PolicyName="p",
        PolicyDocument=document(
            "iam:CreateUser",
            Condition={
                "StringEquals": {"aws:RequestTag/Team": "red"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["Team"]},
            },
        ),
    )
    assert admin.refused("create_user", UserName="new")[0] == "AccessDenied"
    assert admin.refused("create_user", UserName="new", Tags=[*RED, {"Key": "x", "Value": "y"}])[0] == "AccessDenied"
    admin.create_user(UserName="new", Tags=RED)
