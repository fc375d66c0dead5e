"""Nothing without MFA, but for what it takes to get it."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.configurations import code_of, policy, refused, session_of, user
from catalog.phone import Phone
from foulweather.testing import Aws

OWN = (
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:ListMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
)


@pytest.fixture
def alice(aws: Aws) -> Any:
    """A developer in a group with work to do, and the policy that wants MFA."""
    session, _ = user(aws, "alice")
    iam = aws.client("iam")
    iam.create_group(GroupName="developers")
    iam.add_user_to_group(GroupName="developers", UserName="alice")
    work = {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "iam:*"], "Resource": "*"}
    require = {
        "Sid": "DenyAllExceptListedIfNoMFA",
        "Effect": "Deny",
        "NotAction": list(OWN),
        "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    iam.put_group_policy(GroupName="developers", PolicyName="work", PolicyDocument=policy(work))
    iam.put_group_policy(GroupName="developers", PolicyName="RequireMFA", PolicyDocument=policy(require))
    return session


def test_without_mfa_the_devices_are_in_reach_and_the_buckets_are_not(aws: Aws, alice: Any) -> None:
    iam = alice.client("iam")
    assert iam.list_mfa_devices(UserName="alice")["MFADevices"] == []
    phone = Phone.made(aws, "alice")
    first, second = phone.two_codes(aws)
    iam.enable_mfa_device(
        UserName="alice", SerialNumber=phone.serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    assert [each["SerialNumber"] for each in iam.list_mfa_devices(UserName="alice")["MFADevices"]] == [phone.serial]
    error = refused(alice.client("s3").list_buckets)
    assert (error["Code"], error["Status"]) == ("AccessDenied", 403)
    assert "explicit deny" in error["Message"]
    assert code_of(iam.list_users) == "AccessDenied"


def test_after_get_session_token_with_a_code_the_buckets_are_in_reach(aws: Aws, alice: Any) -> None:
    phone = Phone.of(aws, "alice")
    token = alice.client("sts").get_session_token(SerialNumber=phone.serial, TokenCode=phone.code(aws))
    assert code_of(session_of(aws, token).client("s3").list_buckets) == ""


def test_a_session_without_a_code_and_a_wrong_code_help_nobody(aws: Aws, alice: Any) -> None:
    phone = Phone.of(aws, "alice")
    token = alice.client("sts").get_session_token()
    assert code_of(session_of(aws, token).client("s3").list_buckets) == "AccessDenied"
    wrong = f"{(int(phone.code(aws)) + 1) % 1_000_000:06}"
    asked = {"SerialNumber": phone.serial, "TokenCode": wrong}
    assert refused(alice.client("sts").get_session_token, **asked)["Code"] == "AccessDenied"
