from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from services.iam.calls import Iam, document, trust


def test_a_role(iam: Iam) -> None:
    made = iam.create_role(RoleName="r", Path="/x/", AssumeRolePolicyDocument=trust(), Description="d")["Role"]
    assert made["Arn"] == "arn:aws:iam::111122223333:role/x/r"
    assert made["RoleId"].startswith("AROA")
    role = iam.get_role(RoleName="r")["Role"]
    assert role["AssumeRolePolicyDocument"].startswith("%7B%22Version%22%3A%20%222012-10-17%22")
    assert unquote(role["AssumeRolePolicyDocument"]) == trust()
    assert role["MaxSessionDuration"] == 3600
    assert role["RoleLastUsed"] == {}
    assert "RoleLastUsed" not in iam.list_roles()["Roles"][0]


def test_words_of_refusals(iam: Iam) -> None:
    assert iam.refused("get_role", RoleName="r") == ("NoSuchEntity", 404, "The role with name r cannot be found.")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    assert iam.refused("create_role", RoleName="R", AssumeRolePolicyDocument=trust()) == (
        "EntityAlreadyExists",
        409,
        "Role with name R already exists.",
    )
    assert iam.refused("get_role_policy", RoleName="r", PolicyName="p") == (
        "NoSuchEntity",
        404,
        "The role policy with name p cannot be found.",
    )


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        ({"AWS": "arn:aws:iam::111122223333:user/nobody"}, '"AWS":"arn:aws:iam::111122223333:user/nobody"'),
        ({"AWS": "arn:aws:iam::444455556666:role/nobody"}, '"AWS":"arn:aws:iam::444455556666:role/nobody"'),
        ({"AWS": "AIDAAAAAAAAAAAAAAAAAA"}, '"AWS":"AIDAAAAAAAAAAAAAAAAAA"'),
        ({"Service": "lamda.amazonaws.com"}, '"SERVICE":"lamda.amazonaws.com"'),
        ({"Federated": "https://example.com"}, '"FEDERATED":"https://example.com"'),
    ],
)
def test_who_does_not_exist_cannot_be_trusted(iam: Iam, principal: dict[str, str], words: str) -> None:
    assert iam.refused("create_role", RoleName="r", AssumeRolePolicyDocument=trust(**principal)) == (
        "MalformedPolicyDocument",
        400,
        f"Invalid principal in policy: {words}",
    )


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "*"},
        {"AWS": "444455556666"},
        {"AWS": "arn:aws:iam::444455556666:root"},
        {"Service": ["ec2.amazonaws.com", "logs.eu-west-1.amazonaws.com", "states.amazonaws.com"]},
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        {"Federated": "cognito-identity.amazonaws.com"},
    ],
)
def test_who_may_exist_can_be_trusted(iam: Iam, principal: dict[str, str]) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(**principal))


def test_a_trust_policy_must_parse(iam: Iam) -> None:
    assert iam.refused("create_role", RoleName="r", AssumeRolePolicyDocument="{")[0] == "MalformedPolicyDocument"
    with_resource = json.loads(trust())
    with_resource["Statement"][0]["Resource"] = "*"
    assert iam.refused("create_role", RoleName="r", AssumeRolePolicyDocument=json.dumps(with_resource)) == (
        "MalformedPolicyDocument",
        400,
        "Has prohibited field Resource",
    )


def test_a_trust_policy_has_2048_characters_at_most(iam: Iam) -> None:
    long = trust(AWS=[f"arn:aws:iam::{number}:root" for number in range(111111111111, 111111111191)])
    assert iam.refused("create_role", RoleName="r", AssumeRolePolicyDocument=long) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )
    spacious = json.dumps(json.loads(trust()), indent=600)
    assert len(spacious) > 2048
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=spacious)


def test_a_deleted_user_is_no_longer_trusted_and_its_namesake_neither(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=user["Arn"]))
    iam.delete_user(UserName="alice")
    iam.create_user(UserName="alice")
    shown = json.loads(unquote(iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]))
    assert shown["Statement"][0]["Principal"] == {"AWS": user["UserId"]}
    assert iam.refused("update_assume_role_policy", RoleName="r", PolicyDocument=json.dumps(shown))[2] == (
        f'Invalid principal in policy: "AWS":"{user["UserId"]}"'
    )


def test_a_renamed_user_is_still_trusted(iam: Iam) -> None:
    user = iam.create_user(UserName="alice")["User"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=user["Arn"]))
    iam.update_user(UserName="alice", NewUserName="alicia")
    shown = unquote(iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"])
    assert "user/alicia" in shown


def test_update(iam: Iam) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.update_role(RoleName="r", MaxSessionDuration=7200, Description="x")
    role = iam.update_role_description(RoleName="r", Description="y")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (7200, "y")


def test_a_role_in_use_cannot_be_deleted(iam: Iam) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    assert iam.refused("delete_role", RoleName="r") == (
        "DeleteConflict",
        409,
        "Cannot delete entity, must remove roles from instance profile first.",
    )
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document())
    assert iam.refused("delete_role", RoleName="r")[2] == "Cannot delete entity, must delete policies first."
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert iam.refused("delete_role", RoleName="r")[2] == "Cannot delete entity, must detach all policies first."
    iam.detach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.delete_role(RoleName="r")
    assert iam.list_roles()["Roles"] == []


def test_instance_profiles(iam: Iam) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    made = iam.create_instance_profile(InstanceProfileName="p", Path="/x/")["InstanceProfile"]
    assert made["Roles"] == []
    assert made["InstanceProfileId"].startswith("AIPA")
    assert made["Arn"] == "arn:aws:iam::111122223333:instance-profile/x/p"
    assert iam.refused("create_instance_profile", InstanceProfileName="P") == (
        "EntityAlreadyExists",
        409,
        "Instance Profile P already exists.",
    )
    assert iam.refused("get_instance_profile", InstanceProfileName="q") == (
        "NoSuchEntity",
        404,
        "Instance Profile q cannot be found.",
    )
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    assert iam.refused("add_role_to_instance_profile", InstanceProfileName="p", RoleName="r") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )
    shown = iam.get_instance_profile(InstanceProfileName="p")["InstanceProfile"]
    assert [role["RoleName"] for role in shown["Roles"]] == ["r"]
    assert iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"][0]["InstanceProfileName"] == "p"
    assert iam.refused("delete_instance_profile", InstanceProfileName="p")[2] == (
        "Cannot delete entity, must remove roles from instance profile first."
    )
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="r")
    assert iam.refused("remove_role_from_instance_profile", InstanceProfileName="p", RoleName="r")[0] == "NoSuchEntity"
    iam.delete_instance_profile(InstanceProfileName="p")
    assert iam.list_instance_profiles()["InstanceProfiles"] == []


def test_putting_a_role_into_an_instance_profile_passes_it(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document("iam:AddRoleToInstanceProfile"))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    iam.create_instance_profile(InstanceProfileName="p")
    code, _, words = iam.as_user("alice").refused("add_role_to_instance_profile", InstanceProfileName="p", RoleName="r")
    assert code == "AccessDenied"
    assert "iam:PassRole on resource: arn:aws:iam::111122223333:role/r" in words
    allow = document(
        ["iam:AddRoleToInstanceProfile", "iam:PassRole"],
        Condition={"StringEqualsIfExists": {"iam:PassedToService": "ec2.amazonaws.com"}},
    )
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=allow)
    iam.as_user("alice").add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")


def test_service_linked_roles_are_their_services(iam: Iam) -> None:
    role = iam.create_service_linked_role(AWSServiceName="organizations.amazonaws.com")["Role"]
    assert role["Arn"] == (
        "arn:aws:iam::111122223333:role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"
    )
    attached = iam.list_attached_role_policies(RoleName="AWSServiceRoleForOrganizations")["AttachedPolicies"]
    assert attached[0]["PolicyArn"] == "arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy"
    protected = (
        "UnmodifiableEntity",
        400,
        "Cannot perform the operation on the protected role 'AWSServiceRoleForOrganizations' - this role is only "
        "modifiable by AWS",
    )
    name = {"RoleName": "AWSServiceRoleForOrganizations"}
    assert iam.refused("delete_role", **name) == protected
    assert iam.refused("put_role_policy", **name, PolicyName="p", PolicyDocument=document()) == protected
    assert iam.refused("update_assume_role_policy", **name, PolicyDocument=trust()) == protected
    assert iam.refused("create_service_linked_role", AWSServiceName="organizations.amazonaws.com") == (
        "InvalidInput",
        400,
        "Service role name AWSServiceRoleForOrganizations has been taken in this account, please try a different "
        "suffix.",
    )
    task = iam.delete_service_linked_role(**name)["DeletionTaskId"]
    assert task.startswith("task/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task) == {"Status": "SUCCEEDED"}
    assert iam.refused("get_role", **name)[0] == "NoSuchEntity"


def test_a_service_linked_role_is_made_where_its_policy_is_held(iam: Iam) -> None:
    from foulweather.services.iam import aws_managed
    from foulweather.services.iam.linked_services import LINKED_SERVICES

    made: set[str] = set()
    for service, linked in LINKED_SERVICES.items():
        arn = f"arn:aws:iam::aws:policy/aws-service-role/{linked.policy}"
        if aws_managed.find(arn) is None:
            assert iam.refused("create_service_linked_role", AWSServiceName=service) == (
                "NotImplemented",
                501,
                f"AWS managed policy {arn} is not held.",
            )
            assert iam.refused("get_role", RoleName=linked.role)[0] == "NoSuchEntity"
        else:
            iam.create_service_linked_role(AWSServiceName=service)
            iam.get_policy(PolicyArn=arn)
            made.add(service)
    assert made == {
        "dynamodb.application-autoscaling.amazonaws.com",
        "kinesisreplication.dynamodb.amazonaws.com",
        "lambda.application-autoscaling.amazonaws.com",
        "organizations.amazonaws.com",
    }


def test_only_services_that_have_a_linked_role_get_one_and_some_with_a_suffix(iam: Iam) -> None:
    assert iam.refused("create_service_linked_role", AWSServiceName="sqs.amazonaws.com")[0] == "InvalidInput"
    suffixed = {"AWSServiceName": "autoscaling.amazonaws.com", "CustomSuffix": "x"}
    code, _, words = iam.refused("create_service_linked_role", **suffixed)
    assert (code, "AutoScalingServiceRolePolicy" in words) == ("NotImplemented", True), "the suffix is no fault"
    assert iam.refused("create_service_linked_role", AWSServiceName="ecs.amazonaws.com", CustomSuffix="x")[0] == (
        "InvalidInput"
    )


def test_a_suffix_ends_the_name_of_the_role(iam: Iam, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.services.iam.linked_services import LINKED_SERVICES, LinkedService

    held = LinkedService("AWSServiceRoleForAutoScaling", "AWSOrganizationsServiceTrustPolicy", takes_suffix=True)
    monkeypatch.setitem(LINKED_SERVICES, "autoscaling.amazonaws.com", held)
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="x")["Role"]
    assert role["RoleName"] == "AWSServiceRoleForAutoScaling_x"
