from __future__ import annotations

from foulweather.kernel.credentials import Credentials
from services.iam.calls import Iam, document, new_iam_world

POLICY = document()


def test_a_user_has_an_arn_with_its_path_and_an_id_of_its_kind(iam: Iam) -> None:
    user = iam.create_user(UserName="alice", Path="/dev/", Tags=[{"Key": "team", "Value": "red"}])["User"]
    assert user["Arn"] == "arn:aws:iam::111122223333:user/dev/alice"
    assert user["UserId"].startswith("AIDA")
    assert len(user["UserId"]) == 21
    assert user["CreateDate"] == iam.aws.now
    assert user["Tags"] == [{"Key": "team", "Value": "red"}]


def test_the_path_is_a_slash_by_default(iam: Iam) -> None:
    assert iam.create_user(UserName="alice")["User"]["Path"] == "/"
    assert "Tags" not in iam.get_user(UserName="alice")["User"]


def test_names_are_not_distinguished_by_case(iam: Iam) -> None:
    iam.create_user(UserName="Alice")
    assert iam.refused("create_user", UserName="alice") == (
        "EntityAlreadyExists",
        409,
        "User with name alice already exists.",
    )
    assert iam.get_user(UserName="ALICE")["User"]["UserName"] == "Alice"


def test_who_is_not_there_is_not_found(iam: Iam) -> None:
    expected = ("NoSuchEntity", 404, "The user with name bob cannot be found.")
    assert iam.refused("get_user", UserName="bob") == expected
    assert iam.refused("delete_user", UserName="bob") == expected
    assert iam.refused("update_user", UserName="bob", NewUserName="carl") == expected
    assert iam.refused("create_access_key", UserName="bob") == expected
    assert iam.refused("list_groups_for_user", UserName="bob") == expected


def test_without_a_name_the_caller_is_meant(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=document("iam:*"))
    assert iam.as_user("alice").get_user()["User"]["UserName"] == "alice"
    assert iam.get_user()["User"]["Arn"] == "arn:aws:iam::111122223333:root"


def test_a_role_is_no_user(iam: Iam) -> None:
    from services.iam.calls import trust

    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=document("iam:*"))
    assert iam.as_role("r").refused("get_user") == (
        "ValidationError",
        400,
        "Must specify userName when calling with non-User credentials",
    )


def test_users_are_listed_by_name_in_pages_and_by_path(iam: Iam) -> None:
    for name in ("carl", "Alice", "bob"):
        iam.create_user(UserName=name, Path="/x/" if name == "bob" else "/")
    first = iam.list_users(MaxItems=2)
    assert [user["UserName"] for user in first["Users"]] == ["Alice", "bob"]
    assert first["IsTruncated"] is True
    second = iam.list_users(MaxItems=2, Marker=first["Marker"])
    assert [user["UserName"] for user in second["Users"]] == ["carl"]
    assert second["IsTruncated"] is False
    assert "Marker" not in second
    assert [user["UserName"] for user in iam.list_users(PathPrefix="/x/")["Users"]] == ["bob"]


def test_a_marker_stays_good_when_what_it_named_is_deleted(iam: Iam) -> None:
    for name in ("a", "b", "c"):
        iam.create_user(UserName=name)
    marker = iam.list_users(MaxItems=1)["Marker"]
    iam.delete_user(UserName="a")
    assert [user["UserName"] for user in iam.list_users(Marker=marker)["Users"]] == ["b", "c"]


def test_a_made_up_marker_is_refused(iam: Iam) -> None:
    assert iam.refused("list_users", Marker="§") == ("ValidationError", 400, "Invalid Marker.")


def test_lists_show_less_than_get(iam: Iam) -> None:
    iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])
    assert "Tags" not in iam.list_users()["Users"][0]


def test_renaming_keeps_keys_groups_and_policies(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=POLICY)
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.update_user(UserName="alice", NewUserName="alicia", NewPath="/x/")
    assert iam.refused("get_user", UserName="alice")[0] == "NoSuchEntity"
    assert iam.list_access_keys(UserName="alicia")["AccessKeyMetadata"][0]["AccessKeyId"] == key
    assert iam.list_user_policies(UserName="alicia")["PolicyNames"] == ["p"]
    assert iam.get_group(GroupName="g")["Users"][0]["UserName"] == "alicia"
    held = iam.world.state(Credentials).by_id[key].principal
    assert held.arn == "arn:aws:iam::111122223333:user/x/alicia"


def test_renaming_to_a_taken_name_is_refused_but_changing_case_is_not(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_user(UserName="bob")
    assert iam.refused("update_user", UserName="alice", NewUserName="BOB")[0] == "EntityAlreadyExists"
    iam.update_user(UserName="alice", NewUserName="Alice")
    assert iam.get_user(UserName="alice")["User"]["UserName"] == "Alice"


def test_a_user_with_anything_left_cannot_be_deleted(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]

    def conflict(words: str) -> None:
        assert iam.refused("delete_user", UserName="alice") == (
            "DeleteConflict",
            409,
            f"Cannot delete entity, must {words} first.",
        )

    iam.add_user_to_group(GroupName="g", UserName="alice")
    conflict("remove users from group")
    iam.remove_user_from_group(GroupName="g", UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    conflict("detach all policies")
    iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=POLICY)
    conflict("delete policies")
    iam.delete_user_policy(UserName="alice", PolicyName="p")
    key = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    conflict("delete access keys")
    iam.delete_access_key(UserName="alice", AccessKeyId=key)
    credential = iam.create_service_specific_credential(UserName="alice", ServiceName="codecommit.amazonaws.com")
    conflict("remove referenced objects")
    iam.delete_service_specific_credential(
        UserName="alice",
        ServiceSpecificCredentialId=credential["ServiceSpecificCredential"]["ServiceSpecificCredentialId"],
    )
    iam.delete_user(UserName="alice")
    assert iam.list_users()["Users"] == []


def test_a_refusal_says_what_would_help(iam: Iam) -> None:
    import pytest

    from foulweather.kernel.errors import AwsError

    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=POLICY)
    with pytest.raises(AwsError) as refusal:
        iam.delete_user(UserName="alice")
    assert refusal.value.why.remedy == ("aws iam delete-user-policy --user-name alice --policy-name p",)


def test_the_journal_tells_who_changed_what(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=POLICY)
    event = iam.world.journal.last_change(user["Arn"], "InlinePolicy/p")
    assert event is not None
    assert event.principal == "arn:aws:iam::111122223333:root"
    assert event.facts["operation"] == "iam:PutUserPolicy"


def test_users_survive_a_restart(tmp_path) -> None:
    aws = new_iam_world(tmp_path)
    iam = Iam(aws)
    iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document("iam:GetUser"))
    before = iam.get_user(UserName="alice")
    aws.world.close()
    again = Iam(new_iam_world(tmp_path))
    assert again.get_user(UserName="alice") == before
    assert again.as_user("alice").get_user() == before
    again.world.close()


def test_accounts_have_users_of_their_own(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    assert iam.in_account("444455556666").list_users()["Users"] == []


def test_no_more_users_than_the_quota(iam: Iam, monkeypatch) -> None:
    from foulweather.services.iam import limits

    assert limits.USERS == 5000
    monkeypatch.setattr(limits, "USERS", 1)
    iam.create_user(UserName="a")
    assert iam.refused("create_user", UserName="b") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for UsersPerAccount: 1",
    )


def test_times_are_told_to_the_second(iam: Iam) -> None:
    iam.world.clock.move_to(iam.aws.now + 1_234)
    assert iam.create_user(UserName="a")["User"]["CreateDate"] == iam.aws.now - 234
