from __future__ import annotations

import time

import pytest

from foulweather.kernel.directory import Directory
from foulweather.policy.principal import Principal
from services.iam.calls import Iam, document, trust

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def directory(iam: Iam) -> Directory:
    """IAM's directory of the world."""
    found = iam.aws.pipeline.directory
    assert found is not None
    return found


def alice(iam: Iam) -> Principal:
    user = iam.get_user(UserName="alice")["User"]
    return Principal("user", user["Arn"], "111122223333", user["UserId"])


def sources(directory: Directory, principal: Principal) -> list[str]:
    return [held.source for held in directory.identity_policies(principal)]


def test_a_user_has_its_own_and_its_groups_policies(iam: Iam, directory: Directory) -> None:
    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=document())
    iam.attach_user_policy(UserName="alice", PolicyArn=ADMIN)
    iam.put_group_policy(GroupName="g", PolicyName="theirs", PolicyDocument=document())
    assert sources(directory, alice(iam)) == ["inline:own", ADMIN]
    iam.add_user_to_group(GroupName="g", UserName="alice")
    assert sources(directory, alice(iam)) == [
        "inline:own",
        ADMIN,
        "arn:aws:iam::111122223333:group/g/inline:theirs",
    ]
    iam.detach_user_policy(UserName="alice", PolicyArn=ADMIN)
    iam.delete_user_policy(UserName="alice", PolicyName="own")
    iam.remove_user_from_group(GroupName="g", UserName="alice")
    assert sources(directory, alice(iam)) == []


def test_a_new_default_version_is_in_force_at_once(iam: Iam, directory: Directory) -> None:
    iam.create_user(UserName="alice")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("sqs:*"), SetAsDefault=True)
    assert directory.identity_policies(alice(iam))[0].policy.statements[0].actions.written == ("sqs:*",)
    boundary = directory.boundary(alice(iam))
    assert boundary is not None
    assert (boundary.kind, boundary.policy.statements[0].actions.written) == ("boundary", ("sqs:*",))
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert directory.identity_policies(alice(iam))[0].policy.statements[0].actions.written == ("s3:*",)


def test_a_session_has_its_roles_policies(iam: Iam, directory: Directory) -> None:
    role = iam.create_role(
        RoleName="r", Path="/x/", AssumeRolePolicyDocument=trust(), Tags=[{"Key": "team", "Value": "red"}]
    )["Role"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document())
    session = Principal("assumed-role", "arn:aws:sts::111122223333:assumed-role/r/s", "111122223333", "", role["Arn"])
    assert sources(directory, session) == ["inline:p"]
    assert directory.tags(session) == {"team": "red"}
    view = directory.role(role["Arn"])
    assert view is not None
    assert (view.name, view.role_id, view.max_session_s, view.trust.kind) == ("r", role["RoleId"], 3600, "trust")
    assert directory.role("arn:aws:iam::111122223333:role/r") is None, "the path belongs to the ARN"
    iam.update_role(RoleName="r", MaxSessionDuration=7200)
    view = directory.role(role["Arn"])
    assert view is not None
    assert view.max_session_s == 7200


def test_a_trust_policy_forgets_a_deleted_user(iam: Iam, directory: Directory) -> None:
    user = iam.create_user(UserName="alice")["User"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=user["Arn"]))["Role"]
    iam.delete_user(UserName="alice")
    iam.create_user(UserName="alice")
    view = directory.role(role["Arn"])
    assert view is not None
    element = view.trust.policy.statements[0].principal
    assert element is not None
    assert (element.arns, element.unique_ids) == (frozenset(), frozenset({user["UserId"]}))


def test_who_is_gone_has_nothing(iam: Iam, directory: Directory) -> None:
    iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "b"}])
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("*"))
    who = alice(iam)
    view = directory.user(who.arn)
    assert view is not None
    assert view.tags == {"a": "b"}
    assert sources(directory, who) == ["inline:p"]
    iam.delete_user_policy(UserName="alice", PolicyName="p")
    iam.delete_user(UserName="alice")
    assert sources(directory, who) == []
    assert directory.user(who.arn) is None
    assert directory.tags(who) == {}
    assert directory.boundary(who) is None


def test_managed_policies_by_arn(iam: Iam, directory: Directory) -> None:
    held = directory.managed_policy(ADMIN, "111122223333")
    assert held is not None
    assert held.kind == "session"
    assert directory.managed_policy("arn:aws:iam::111122223333:policy/none", "111122223333") is None


def test_asking_again_is_cheap(iam: Iam, directory: Directory) -> None:
    iam.create_user(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    who = alice(iam)
    first = directory.identity_policies(who)
    started = time.perf_counter()
    for _ in range(1000):
        assert directory.identity_policies(who) is first
    assert time.perf_counter() - started < 0.1


def test_a_denial_by_a_groups_inline_policy_names_who_put_it(iam: Iam) -> None:
    from foulweather.kernel.errors import AwsError
    from foulweather.kernel.why import Why

    iam.create_user(UserName="alice")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="no", PolicyDocument=document("*", effect="Deny"))
    iam.put_user_policy(UserName="alice", PolicyName="yes", PolicyDocument=document("*"))
    with pytest.raises(AwsError) as refusal:
        iam.as_user("alice").get_user()

    def operations(why: Why) -> set[str]:
        found = {fact.set_by.operation for fact in why.facts if fact.set_by is not None}
        return found.union(*(operations(cause) for cause in why.because))

    assert operations(refusal.value.why) == {"iam:PutGroupPolicy"}
