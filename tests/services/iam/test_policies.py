from __future__ import annotations

import json
from urllib.parse import unquote

import pytest

from foulweather.policy.document import parse
from foulweather.services.iam import aws_managed, limits
from foulweather.services.iam.state import IamState
from services.iam.calls import Iam, document, trust

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def made(iam: Iam, name: str = "p") -> str:
    return iam.create_policy(PolicyName=name, PolicyDocument=document())["Policy"]["Arn"]


def test_a_managed_policy(iam: Iam) -> None:
    policy = iam.create_policy(PolicyName="p", Path="/x/", PolicyDocument=document(), Description="d")["Policy"]
    assert policy["Arn"] == "arn:aws:iam::111122223333:policy/x/p"
    assert policy["PolicyId"].startswith("ANPA")
    assert (policy["DefaultVersionId"], policy["AttachmentCount"], policy["IsAttachable"]) == ("v1", 0, True)
    shown = iam.get_policy(PolicyArn=policy["Arn"])["Policy"]
    assert (shown["Description"], shown["Tags"]) == ("d", [])
    listed = iam.list_policies(Scope="Local")["Policies"]
    assert listed == [{key: value for key, value in shown.items() if key not in ("Description", "Tags")}]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId="v1")["PolicyVersion"]
    assert unquote(version["Document"]) == document()


def test_words_of_refusals(iam: Iam) -> None:
    arn = made(iam)
    missing = "arn:aws:iam::111122223333:policy/q"
    assert iam.refused("create_policy", PolicyName="P", PolicyDocument=document()) == (
        "EntityAlreadyExists",
        409,
        "A policy called P already exists. Duplicate names are not allowed.",
    )
    assert iam.refused("get_policy", PolicyArn=missing) == ("NoSuchEntity", 404, f"Policy {missing} was not found.")
    iam.create_user(UserName="alice")
    assert iam.refused("attach_user_policy", UserName="alice", PolicyArn=missing) == (
        "NoSuchEntity",
        404,
        f"Policy {missing} does not exist or is not attachable.",
    )
    assert iam.refused("detach_user_policy", UserName="alice", PolicyArn=arn) == (
        "NoSuchEntity",
        404,
        f"Policy {arn} was not found.",
    )
    assert iam.refused("get_policy_version", PolicyArn=arn, VersionId="v9") == (
        "NoSuchEntity",
        404,
        f"Policy {arn} version v9 does not exist or is not attachable.",
    )
    assert iam.refused("put_user_permissions_boundary", UserName="alice", PermissionsBoundary=missing) == (
        "NoSuchEntity",
        404,
        f"Scope ARN: {missing} does not exist or is not attachable.",
    )
    assert iam.refused("create_user", UserName="bob", PermissionsBoundary=missing)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Syntax errors in policy."),
        (json.dumps({"Version": "2012-10-17"}), "Syntax errors in policy."),
        (document(Principal="*"), "Policy document should not specify a principal."),
        (document(resource="bucket"), 'Resource bucket must be in ARN format or "*".'),
        (
            json.dumps({"Version": "2008-10-17", "Statement": json.loads(document())["Statement"]}),
            "Policy document must be version 2012-10-17 or greater.",
        ),
    ],
)
def test_a_document_must_be_right(iam: Iam, text: str, words: str) -> None:
    assert iam.refused("create_policy", PolicyName="p", PolicyDocument=text) == ("MalformedPolicyDocument", 400, words)


def test_sizes_do_not_count_white_space(iam: Iam) -> None:
    long = document([f"s3:GetObject{number:05d}" for number in range(400)])
    assert iam.refused("create_policy", PolicyName="p", PolicyDocument=long) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for PolicySize: 6144",
    )
    iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(json.loads(document()), indent=5000))
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    half = document([f"s3:GetObject{number:05d}" for number in range(60)])
    iam.put_user_policy(UserName="u", PolicyName="one", PolicyDocument=half)
    assert iam.refused("put_user_policy", UserName="u", PolicyName="two", PolicyDocument=half) == (
        "LimitExceeded",
        409,
        "Maximum policy size of 2048 bytes exceeded for user u",
    )
    iam.put_user_policy(UserName="u", PolicyName="one", PolicyDocument=half)
    for number in range(3):
        iam.put_group_policy(GroupName="g", PolicyName=f"{number}", PolicyDocument=half)
    assert iam.refused("put_group_policy", GroupName="g", PolicyName="3", PolicyDocument=half)[2] == (
        "Maximum policy size of 5120 bytes exceeded for group g"
    )
    assert iam.refused(
        "put_role_policy", RoleName="r", PolicyName="l", PolicyDocument=document(["s3:" + "G" * 400] * 27)
    )[2] == ("Maximum policy size of 10240 bytes exceeded for role r")


def test_five_versions_and_one_in_force(iam: Iam) -> None:
    arn = made(iam)
    for number in range(2, 6):
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:*"), SetAsDefault=number == 3)
        assert version["PolicyVersion"]["VersionId"] == f"v{number}"
    assert iam.refused("create_policy_version", PolicyArn=arn, PolicyDocument=document()) == (
        "LimitExceeded",
        409,
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version.",
    )
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v3"
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in listed] == ["v5", "v4", "v3", "v2", "v1"]
    assert iam.refused("delete_policy_version", PolicyArn=arn, VersionId="v3") == (
        "DeleteConflict",
        409,
        "Cannot delete the default version of a policy.",
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    assert iam.create_policy_version(PolicyArn=arn, PolicyDocument=document())["PolicyVersion"]["VersionId"] == "v6"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert iam.refused("set_default_policy_version", PolicyArn=arn, VersionId="v5")[0] == "NoSuchEntity"


def test_a_policy_in_use_cannot_be_deleted(iam: Iam) -> None:
    arn = made(iam)
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    assert iam.refused("delete_policy", PolicyArn=arn) == (
        "DeleteConflict",
        409,
        "Cannot delete a policy attached to entities.",
    )
    iam.detach_user_policy(UserName="u", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:*"))
    assert iam.refused("delete_policy", PolicyArn=arn) == (
        "DeleteConflict",
        409,
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy.",
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_ten_policies_are_attached_at_most(iam: Iam) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    arns = [made(iam, f"p{number}") for number in range(11)]
    for arn in arns[:10]:
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
        iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    assert iam.refused("attach_role_policy", RoleName="r", PolicyArn=arns[10]) == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for PoliciesPerRole: 10",
    )


def test_who_has_a_policy_is_counted_and_listed(iam: Iam) -> None:
    arn = made(iam)
    iam.create_user(UserName="u", Path="/x/", PermissionsBoundary=arn)
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (2, 1)

    def names(**options: str) -> tuple[list[str], list[str], list[str]]:
        listed = iam.list_entities_for_policy(PolicyArn=arn, **options)
        return (
            [user["UserName"] for user in listed["PolicyUsers"]],
            [group["GroupName"] for group in listed["PolicyGroups"]],
            [role["RoleName"] for role in listed["PolicyRoles"]],
        )

    assert names() == (["u"], ["g"], ["r"])
    assert names(PolicyUsageFilter="PermissionsBoundary") == (["u"], [], [])
    assert names(PolicyUsageFilter="PermissionsPolicy") == ([], ["g"], ["r"])
    assert names(EntityFilter="Role") == ([], [], ["r"])
    assert names(PathPrefix="/x/") == (["u"], [], [])
    only = [policy["PolicyName"] for policy in iam.list_policies(OnlyAttached=True)["Policies"]]
    assert only == ["p"]
    assert iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"] == []
    assert len(iam.list_policies(PolicyUsageFilter="PermissionsBoundary")["Policies"]) == 1


def test_attached_policies_are_listed_by_path(iam: Iam) -> None:
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=ADMIN)
    lambdas = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_user_policy(UserName="u", PolicyArn=lambdas)
    assert iam.list_attached_user_policies(UserName="u")["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMIN},
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": lambdas},
    ]
    by_path = iam.list_attached_user_policies(UserName="u", PathPrefix="/service-role/")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in by_path] == [lambdas]


def test_aws_keeps_its_own_policies(iam: Iam) -> None:
    policy = iam.get_policy(PolicyArn=ADMIN)["Policy"]
    assert (policy["DefaultVersionId"], policy["Path"], policy["IsAttachable"]) == ("v1", "/", True)
    assert "PolicyId" not in policy, "an id that nobody knows is not made up"
    text = unquote(iam.get_policy_version(PolicyArn=ADMIN, VersionId="v1")["PolicyVersion"]["Document"])
    assert json.loads(text)["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert iam.refused("create_policy_version", PolicyArn=ADMIN, PolicyDocument=document())[0] == "AccessDenied"
    assert iam.refused("delete_policy", PolicyArn=ADMIN)[0] == "AccessDenied"
    assert (
        iam.refused(
            "attach_user_policy",
            UserName=iam.create_user(UserName="u")["User"]["UserName"],
            PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AWSOrganizationsServiceTrustPolicy",
        )[0]
        == "PolicyNotAttachable"
    )


def test_a_policy_of_awss_that_is_not_held_is_not_implemented(iam: Iam) -> None:
    missing = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    answer = ("NotImplemented", 501, f"AWS managed policy {missing} is not held.")
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    assert iam.refused("get_policy", PolicyArn=missing) == answer
    assert iam.refused("get_policy_version", PolicyArn=missing, VersionId="v1") == answer
    assert iam.refused("attach_user_policy", UserName="u", PolicyArn=missing) == answer
    assert iam.refused("attach_group_policy", GroupName="g", PolicyArn=missing) == answer
    assert iam.refused("attach_role_policy", RoleName="r", PolicyArn=missing) == answer
    assert iam.refused("put_user_permissions_boundary", UserName="u", PermissionsBoundary=missing) == answer
    assert iam.refused("create_user", UserName="v", PermissionsBoundary=missing) == answer
    assert iam.refused("generate_service_last_accessed_details", Arn=missing) == answer
    read_only = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    assert iam.refused("get_policy_version", PolicyArn=read_only, VersionId="v3") == (
        "NotImplemented",
        501,
        f"Version v3 of AWS managed policy {read_only} is not held.",
    )


def test_what_is_no_policy_of_awss_does_not_exist(iam: Iam) -> None:
    iam.create_user(UserName="u")
    for missing in ("arn:aws:iam::111122223333:policy/q", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/a b"):
        assert iam.refused("get_policy", PolicyArn=missing)[0] == "NoSuchEntity"
        assert iam.refused("attach_user_policy", UserName="u", PolicyArn=missing)[0] == "NoSuchEntity"
    assert iam.refused("get_policy_version", PolicyArn=ADMIN, VersionId="v2")[0] == "NoSuchEntity"


def test_who_may_not_attach_a_policy_is_told_that_first(iam: Iam) -> None:
    iam.create_user(UserName="u")
    missing = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert iam.as_user("u").refused("attach_user_policy", UserName="u", PolicyArn=missing)[0] == "AccessDenied"


def test_a_saved_identity_with_a_policy_that_is_not_held_does_not_go_on_without_it(iam: Iam) -> None:
    iam.create_user(UserName="u")
    user = iam.world.state(IamState, "111122223333").user("u")
    user.boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.world.state(IamState, "111122223333").keep(user)
    code, _, words = iam.as_user("u").refused("list_users")
    assert (code, words) == ("NotImplemented", f"AWS managed policy {user.boundary} is not held.")


def test_aws_policies_are_policies() -> None:
    assert list(aws_managed.catalogue()) == sorted(
        aws_managed.catalogue(), key=lambda arn: arn.rpartition("/")[2].lower()
    )
    for arn, policy in aws_managed.catalogue().items():
        assert aws_managed.may_exist(arn)
        assert policy.arn == arn
        parse(policy.default.document, "identity").require_managed()


def test_there_are_the_policies_that_people_attach() -> None:
    for name in (
        *("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "AWSDenyAll"),
        *("IAMReadOnlyAccess", "IAMUserChangePassword", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess"),
        *("AmazonSQSFullAccess", "AmazonSQSReadOnlyAccess", "AmazonSNSFullAccess"),
        *("AmazonSNSReadOnlyAccess", "service-role/AWSLambdaBasicExecutionRole"),
        *("service-role/AWSLambdaSQSQueueExecutionRole", "service-role/AWSLambdaVPCAccessExecutionRole"),
        *("service-role/AWSLambdaDynamoDBExecutionRole", "service-role/AWSLambdaKinesisExecutionRole"),
        *("service-role/AmazonECSTaskExecutionRolePolicy", "service-role/AmazonAPIGatewayPushToCloudWatchLogs"),
        *("service-role/AmazonSNSRole", "AmazonEC2ContainerRegistryReadOnly"),
    ):
        assert aws_managed.find(f"arn:aws:iam::aws:policy/{name}"), name


def test_inline_policies_of_everybody(iam: Iam) -> None:
    iam.create_user(UserName="n")
    iam.create_group(GroupName="n")
    iam.create_role(RoleName="n", AssumeRolePolicyDocument=trust())
    for kind, member in (("user", "UserName"), ("group", "GroupName"), ("role", "RoleName")):
        named = {member: "n"}
        put, get = getattr(iam, f"put_{kind}_policy"), getattr(iam, f"get_{kind}_policy")
        put(**named, PolicyName="p", PolicyDocument=document("s3:*"))
        put(**named, PolicyName="p", PolicyDocument=document())
        assert get(**named, PolicyName="p")["PolicyDocument"] == get(**named, PolicyName="p")["PolicyDocument"]
        assert unquote(get(**named, PolicyName="p")["PolicyDocument"]) == document()
        assert getattr(iam, f"list_{kind}_policies")(**named)["PolicyNames"] == ["p"]
        assert iam.refused(f"put_{kind}_policy", **named, PolicyName="p", PolicyDocument="x")[0] == (
            "MalformedPolicyDocument"
        )
        getattr(iam, f"delete_{kind}_policy")(**named, PolicyName="p")
        assert iam.refused(f"delete_{kind}_policy", **named, PolicyName="p") == (
            "NoSuchEntity",
            404,
            f"The {kind} policy with name p cannot be found.",
        )


def test_boundaries(iam: Iam) -> None:
    arn = made(iam)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(), PermissionsBoundary=arn)
    assert iam.get_role(RoleName="r")["Role"]["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn,
    }
    assert iam.refused("delete_policy", PolicyArn=arn)[0] == "DeleteConflict"
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=ADMIN)
    iam.delete_role_permissions_boundary(RoleName="r")
    assert "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"]
    assert iam.refused("delete_role_permissions_boundary", RoleName="r")[0] == "NoSuchEntity"


def test_no_more_policies_than_the_quota(iam: Iam, monkeypatch) -> None:
    assert limits.POLICIES == 1500
    monkeypatch.setattr(limits, "POLICIES", 0)
    assert iam.refused("create_policy", PolicyName="p", PolicyDocument=document())[2] == (
        "Cannot exceed quota for PoliciesPerAccount: 0"
    )
