from __future__ import annotations

from foulweather.kernel.credentials import Credentials
from services.iam.calls import Iam, document


def test_a_key_is_issued_with_its_secret_and_its_user(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    assert key["AccessKeyId"].startswith("AKIA")
    assert len(key["AccessKeyId"]) == 20
    assert len(key["SecretAccessKey"]) == 40
    held = iam.world.state(Credentials).by_id[key["AccessKeyId"]]
    assert (held.secret, held.account, held.is_active) == (key["SecretAccessKey"], "111122223333", True)
    assert (held.principal.kind, held.principal.arn, held.principal.user_id) == ("user", user["Arn"], user["UserId"])
    listed = iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    assert listed == [{member: value for member, value in key.items() if member != "SecretAccessKey"}]


def test_two_keys_at_most(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_access_key(UserName="alice")
    iam.create_access_key(UserName="alice")
    assert iam.refused("create_access_key", UserName="alice") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )


def test_an_inactive_key_does_not_sign(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    credentials = iam.world.state(Credentials)
    iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Inactive")
    assert not credentials.by_id[key].is_active
    assert iam.list_access_keys(UserName="alice")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_access_key(UserName="alice", AccessKeyId=key, Status="Active")
    assert credentials.by_id[key].is_active
    iam.delete_access_key(UserName="alice", AccessKeyId=key)
    assert key not in credentials.by_id


def test_keys_are_found_with_their_users_only(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_user(UserName="bob")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    missing = ("NoSuchEntity", 404, f"The Access Key with id {key} cannot be found.")
    assert iam.refused("delete_access_key", UserName="bob", AccessKeyId=key) == missing
    assert iam.refused("delete_access_key", AccessKeyId=key) == missing
    assert iam.refused("update_access_key", UserName="bob", AccessKeyId=key, Status="Inactive") == missing


def test_the_root_user_and_users_make_keys_for_themselves(iam: Iam) -> None:
    root = iam.create_access_key()["AccessKey"]
    assert "UserName" not in root
    assert iam.world.state(Credentials).by_id[root["AccessKeyId"]].principal.kind == "root"
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("iam:*AccessKey*"))
    own = iam.as_user("alice").create_access_key()["AccessKey"]
    assert own["UserName"] == "alice"
    assert [key["AccessKeyId"] for key in iam.as_user("alice").list_access_keys()["AccessKeyMetadata"]] == [
        own["AccessKeyId"]
    ]
    assert [key["AccessKeyId"] for key in iam.list_access_keys()["AccessKeyMetadata"]] == [root["AccessKeyId"]]
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1


async def test_the_last_use_of_a_key(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("iam:*"))
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    never = iam.get_access_key_last_used(AccessKeyId=key)
    assert never == {"UserName": "alice", "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    alice = iam.as_user("alice")
    alice.aws.access_key_id = key
    await iam.aws.advance(seconds=100)
    used = iam.aws.now
    alice.get_user()
    await iam.aws.advance(seconds=600)
    alice.get_user()
    last = iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert last == {"LastUsedDate": used // 60_000 * 60_000, "ServiceName": "iam", "Region": "us-east-1"}
    await iam.aws.advance(seconds=900)
    alice.get_user()
    assert iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]["LastUsedDate"] > used
    assert iam.refused("get_access_key_last_used", AccessKeyId="AKIAAAAAAAAAAAAAAAAA")[0] == "NoSuchEntity"
