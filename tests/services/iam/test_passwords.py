from __future__ import annotations

import pytest

from services.iam.calls import Iam, document

GOOD = "Correct-Horse-9"


async def test_a_login_profile(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    made = iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)["LoginProfile"]
    assert made == {"UserName": "alice", "CreateDate": iam.aws.now, "PasswordResetRequired": True}
    assert iam.get_login_profile(UserName="alice")["LoginProfile"] == made
    assert iam.refused("create_login_profile", UserName="alice", Password=GOOD) == (
        "EntityAlreadyExists",
        409,
        "Login Profile for user alice already exists.",
    )
    assert iam.refused("delete_login_profile", UserName="alice") == (
        "EntityTemporarilyUnmodifiable",
        409,
        "Login Profile for User alice cannot be modified while login profile is being created.",
    )
    await iam.aws.advance(seconds=5)
    iam.update_login_profile(UserName="alice", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is False
    iam.delete_login_profile(UserName="alice")
    assert iam.refused("get_login_profile", UserName="alice") == (
        "NoSuchEntity",
        404,
        "Login Profile for User alice cannot be found.",
    )


def test_no_password_is_kept_in_clear(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    assert not any(GOOD.encode() in row for rows in iam.world.store.dump().values() for row in rows.values())
    assert not any(GOOD in str(event) for event in iam.world.journal)


@pytest.mark.parametrize("password", ["Ab1!", "alllowercase", "abcdefgh1", "alice-Smith1"])
def test_the_default_password_policy(iam: Iam, password: str) -> None:
    iam.create_user(UserName="ALICE-smith1")
    assert iam.refused("create_login_profile", UserName="ALICE-smith1", Password=password)[0] == (
        "PasswordPolicyViolation"
    )


@pytest.mark.parametrize(
    ("policy", "password", "words"),
    [
        ({"MinimumPasswordLength": 20}, GOOD, "Password should have a minimum length of 20"),
        ({"RequireUppercaseCharacters": True}, "lower-9", "Password should have at least one uppercase letter"),
        ({"RequireLowercaseCharacters": True}, "UPPER-9", "Password should have at least one lowercase letter"),
        ({"RequireNumbers": True}, "No-Number", "Password should have at least one number"),
        (
            {"RequireSymbols": True},
            "NoSymbol9",
            "Password should have at least one of the following symbols: ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '",
        ),
    ],
)
def test_the_accounts_password_policy(iam: Iam, policy: dict[str, object], password: str, words: str) -> None:
    iam.create_user(UserName="alice")
    iam.update_account_password_policy(**policy)
    assert iam.refused("create_login_profile", UserName="alice", Password=password) == (
        "PasswordPolicyViolation",
        400,
        words,
    )
    iam.delete_account_password_policy()
    iam.create_login_profile(UserName="alice", Password=GOOD)


def test_the_policy_is_shown_whole(iam: Iam) -> None:
    assert iam.refused("get_account_password_policy") == (
        "NoSuchEntity",
        404,
        "The Password Policy with domain name 111122223333 cannot be found.",
    )
    assert iam.refused("delete_account_password_policy")[0] == "NoSuchEntity"
    iam.update_account_password_policy(MaxPasswordAge=90, PasswordReusePrevention=3, HardExpiry=True)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": False,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 3,
        "HardExpiry": True,
    }
    iam.update_account_password_policy(RequireNumbers=True)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert (policy["RequireNumbers"], policy["ExpirePasswords"]) == (True, False)
    assert "MaxPasswordAge" not in policy


def test_a_user_changes_its_own_password(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("iam:ChangePassword"))
    iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)
    iam.update_account_password_policy(PasswordReusePrevention=2)
    alice = iam.as_user("alice")
    assert alice.refused("change_password", OldPassword="wrong", NewPassword="Next-Pass-1") == (
        "AccessDenied",
        403,
        "The old password was incorrect.",
    )
    alice.change_password(OldPassword=GOOD, NewPassword="Next-Pass-1")
    assert iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is False
    assert alice.refused("change_password", OldPassword="Next-Pass-1", NewPassword=GOOD)[0] == (
        "PasswordPolicyViolation"
    )
    alice.change_password(OldPassword="Next-Pass-1", NewPassword="Next-Pass-2")
    alice.change_password(OldPassword="Next-Pass-2", NewPassword=GOOD)
    assert iam.refused("change_password", OldPassword=GOOD, NewPassword="Next-Pass-3")[0] == "InvalidUserType"


def test_users_may_change_their_password_if_the_account_says_so(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_login_profile(UserName="alice", Password=GOOD)
    alice = iam.as_user("alice")
    assert alice.refused("change_password", OldPassword=GOOD, NewPassword="Next-Pass-1")[0] == "AccessDenied"
    assert alice.refused("get_account_password_policy")[0] == "AccessDenied"
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    alice.change_password(OldPassword=GOOD, NewPassword="Next-Pass-1")
    alice.get_account_password_policy()
    iam.put_user_policy(UserName="alice", PolicyName="no", PolicyDocument=document("iam:ChangePassword", effect="Deny"))
    assert alice.refused("change_password", OldPassword="Next-Pass-1", NewPassword=GOOD)[0] == "AccessDenied"


def test_the_account_alias_is_the_accounts_own(iam: Iam) -> None:
    assert iam.list_account_aliases() == {"AccountAliases": [], "IsTruncated": False}
    iam.create_account_alias(AccountAlias="acme")
    assert iam.in_account("444455556666").refused("create_account_alias", AccountAlias="acme") == (
        "EntityAlreadyExists",
        409,
        "The account alias acme already exists.",
    )
    iam.create_account_alias(AccountAlias="acme-2")
    assert iam.list_account_aliases()["AccountAliases"] == ["acme-2"]
    assert iam.refused("delete_account_alias", AccountAlias="acme")[0] == "NoSuchEntity"
    iam.delete_account_alias(AccountAlias="acme-2")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_the_version_of_global_tokens_is_in_the_summary(iam: Iam) -> None:
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2
