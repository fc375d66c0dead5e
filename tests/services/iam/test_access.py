from __future__ import annotations

import pytest

from services.iam.calls import MODEL, SERVICES, Iam, document, trust

LEFT_OUT = {
    # Delegation requests, reports of an organization's accesses, outbound web identity, and summaries by a model.
    *("AcceptDelegationRequest", "AssociateDelegationRequest", "CreateDelegationRequest", "GetDelegationRequest"),
    *("ListDelegationRequests", "RejectDelegationRequest", "SendDelegationToken", "UpdateDelegationRequest"),
    *("GenerateOrganizationsAccessReport", "GetOrganizationsAccessReport"),
    *("EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation"),
    *("GetOutboundWebIdentityFederationInfo", "GetHumanReadableSummary"),
}


def test_what_is_built_is_known() -> None:
    service = SERVICES.find("iam")
    assert service is not None
    assert set(SERVICES.built(service)) == set(MODEL.operations()) - LEFT_OUT


def test_every_operation_has_its_row() -> None:
    from foulweather.services.iam.access import ACCESS

    assert set(ACCESS) == set(MODEL.operations()) - LEFT_OUT
    assert all(row.action == f"iam:{name}" for name, row in ACCESS.items())
    assert {name for name, row in ACCESS.items() if row.is_read} == {
        name for name in ACCESS if name.startswith(("Get", "List", "Simulate", "Generate"))
    }


@pytest.mark.parametrize(
    ("operation", "request_", "resource"),
    [
        ("create_user", {"UserName": "bob", "Path": "/x/"}, "user/x/bob"),
        ("get_user", {"UserName": "alice"}, "user/dev/alice"),
        ("list_users", {"PathPrefix": "/x/"}, "user/x/"),
        ("delete_group", {"GroupName": "g"}, "group/g"),
        ("delete_role", {"RoleName": "r"}, "role/svc/r"),
        (
            "create_service_linked_role",
            {"AWSServiceName": "ecs.amazonaws.com"},
            "role/aws-service-role/ecs.amazonaws.com/*",
        ),
        ("create_policy", {"PolicyName": "p", "PolicyDocument": "{}"}, "policy/p"),
        ("delete_policy", {"PolicyArn": "arn:aws:iam::111122223333:policy/q"}, "policy/q"),
        ("create_virtual_mfa_device", {"VirtualMFADeviceName": "d"}, "mfa/d"),
        ("create_saml_provider", {"Name": "s", "SAMLMetadataDocument": "x" * 1000}, "saml-provider/s"),
        ("create_open_id_connect_provider", {"Url": "https://a.b/c"}, "oidc-provider/a.b/c"),
        ("delete_server_certificate", {"ServerCertificateName": "c"}, "server-certificate/c"),
        ("update_user", {"UserName": "alice", "NewUserName": "bob"}, "user/dev/alice"),
    ],
)
def test_denials_name_the_resource(iam: Iam, operation: str, request_: dict[str, str], resource: str) -> None:
    iam.create_user(UserName="alice", Path="/dev/")
    iam.create_user(UserName="nobody")
    iam.create_role(RoleName="r", Path="/svc/", AssumeRolePolicyDocument=trust())
    iam.put_user_policy(
        UserName="nobody",
        PolicyName="p",
        PolicyDocument=document("iam:GetUser", "arn:aws:iam::111122223333:user/nobody"),
    )
    code, status, words = iam.as_user("nobody").refused(operation, **request_)
    assert (code, status) == ("AccessDenied", 403)
    assert f" on resource: arn:aws:iam::111122223333:{resource} because no identity-based policy allows" in words


def test_renaming_needs_the_new_name_too(iam: Iam) -> None:
    iam.create_user(UserName="alice")
    iam.create_user(UserName="admin")
    iam.put_user_policy(
        UserName="admin",
        PolicyName="p",
        PolicyDocument=document("iam:UpdateUser", "arn:aws:iam::111122223333:user/alice"),
    )
    words = iam.as_user("admin").refused("update_user", UserName="alice", NewUserName="bob")[2]
    assert "on resource: arn:aws:iam::111122223333:user/bob" in words


def test_a_delegated_admin_must_set_the_boundary(iam: Iam) -> None:
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName="admin")
    condition = {"StringEquals": {"iam:PermissionsBoundary": boundary}}
    iam.put_user_policy(
        UserName="admin",
        PolicyName="p",
        PolicyDocument=document(["iam:CreateUser", "iam:PutUserPolicy"], Condition=condition),
    )
    admin = iam.as_user("admin")
    iam.create_user(UserName="free")
    assert admin.refused("create_user", UserName="new")[0] == "AccessDenied"
    admin.create_user(UserName="new", PermissionsBoundary=boundary)
    admin.put_user_policy(UserName="new", PolicyName="q", PolicyDocument=document())
    assert admin.refused("put_user_policy", UserName="free", PolicyName="q", PolicyDocument=document())[0] == (
        "AccessDenied"
    )


def test_which_policies_may_be_attached(iam: Iam) -> None:
    iam.create_user(UserName="admin")
    sqs = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    condition = {"ArnEquals": {"iam:PolicyARN": sqs}}
    iam.put_user_policy(
        UserName="admin", PolicyName="p", PolicyDocument=document("iam:AttachUserPolicy", Condition=condition)
    )
    admin = iam.as_user("admin")
    admin.attach_user_policy(UserName="admin", PolicyArn=sqs)
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert admin.refused("attach_user_policy", UserName="admin", PolicyArn=administrator)[0] == "AccessDenied"


def test_service_linked_roles_of_one_service_only(iam: Iam) -> None:
    iam.create_user(UserName="admin")
    condition = {"StringLike": {"iam:AWSServiceName": "lambda.application-autoscaling.amazonaws.com"}}
    iam.put_user_policy(
        UserName="admin", PolicyName="p", PolicyDocument=document("iam:CreateServiceLinkedRole", Condition=condition)
    )
    admin = iam.as_user("admin")
    assert admin.refused("create_service_linked_role", AWSServiceName="rds.amazonaws.com")[0] == "AccessDenied"
    admin.create_service_linked_role(AWSServiceName="lambda.application-autoscaling.amazonaws.com")
