from __future__ import annotations

from services.iam.calls import Iam, document


def test_a_group_and_its_members(iam: Iam) -> None:
    group = iam.create_group(GroupName="devs", Path="/x/")["Group"]
    assert group["Arn"] == "arn:aws:iam::111122223333:group/x/devs"
    assert group["GroupId"].startswith("AGPA")
    for name in ("bob", "alice"):
        iam.create_user(UserName=name)
        iam.add_user_to_group(GroupName="devs", UserName=name)
        iam.add_user_to_group(GroupName="devs", UserName=name)
    assert [user["UserName"] for user in iam.get_group(GroupName="devs")["Users"]] == ["alice", "bob"]
    assert iam.list_groups_for_user(UserName="bob")["Groups"] == [group]
    assert iam.get_group(GroupName="devs", MaxItems=1)["IsTruncated"] is True


def test_words_of_refusals(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    assert iam.refused("get_group", GroupName="g") == ("NoSuchEntity", 404, "The group with name g cannot be found.")
    assert (
        iam.refused("add_user_to_group", GroupName="g", UserName="alice")[2] == "The group with name g cannot be found."
    )
    iam.create_group(GroupName="g")
    assert iam.refused("create_group", GroupName="G") == (
        "EntityAlreadyExists",
        409,
        "Group with name G already exists.",
    )
    assert iam.refused("remove_user_from_group", GroupName="g", UserName="alice")[0] == "NoSuchEntity"
    assert (
        iam.refused("add_user_to_group", GroupName="g", UserName="bob")[2] == "The user with name bob cannot be found."
    )


def test_a_user_is_in_ten_groups_at_most(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="alice")
    assert iam.refused("add_user_to_group", GroupName="g10", UserName="alice") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_renaming_a_group_keeps_its_members(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.update_group(GroupName="g", NewGroupName="h", NewPath="/p/")
    assert iam.list_groups_for_user(UserName="alice")["Groups"][0]["Arn"] == "arn:aws:iam::111122223333:group/p/h"
    assert iam.refused("get_group", GroupName="g")[0] == "NoSuchEntity"


def test_a_group_with_members_or_policies_cannot_be_deleted(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    assert iam.refused("delete_group", GroupName="g") == (
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove users from group first.",
    )
    iam.remove_user_from_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=document())
    assert iam.refused("delete_group", GroupName="g")[2] == "Cannot delete entity, must delete policies first."
    iam.delete_group_policy(GroupName="g", PolicyName="p")
    iam.delete_group(GroupName="g")
    assert iam.list_groups()["Groups"] == []


def test_no_more_groups_than_the_quota(iam: Iam, monkeypatch) -> None:
    from foulweather.services.iam import limits

    assert limits.GROUPS == 300
    monkeypatch.setattr(limits, "GROUPS", 0)
    assert iam.refused("create_group", GroupName="g")[2] == "Cannot exceed quota for GroupsPerAccount: 0"
