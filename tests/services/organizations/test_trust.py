from __future__ import annotations

from services.organizations.alone import MEMBER, Tree, refusal

GUARDDUTY = "guardduty.amazonaws.com"
BOTH = {"AccountId": MEMBER, "ServicePrincipal": GUARDDUTY}


def test_services_have_access_since(tree: Tree) -> None:
    tree.aws.organizations.enable_aws_service_access({"ServicePrincipal": GUARDDUTY})
    listing = tree.aws.organizations.list_aws_service_access_for_organization
    assert listing()["EnabledServicePrincipals"] == [{"ServicePrincipal": GUARDDUTY, "DateEnabled": tree.aws.now}]
    tree.aws.organizations.disable_aws_service_access({"ServicePrincipal": GUARDDUTY})
    assert listing()["EnabledServicePrincipals"] == []
    error = refusal(tree.aws.organizations.enable_aws_service_access, {"ServicePrincipal": "guardduty"})
    assert error.members["Reason"] == "UNRECOGNIZED_SERVICE_PRINCIPAL"


def test_a_delegated_administrator_reads_the_organization(tree: Tree) -> None:
    register = tree.aws.organizations.register_delegated_administrator
    assert refusal(register, BOTH).members["Reason"] == "SERVICE_ACCESS_NOT_ENABLED"
    tree.aws.organizations.enable_aws_service_access({"ServicePrincipal": GUARDDUTY})
    assert refusal(tree.member.organizations.list_accounts).code == "AccessDeniedException"
    register(BOTH)
    assert len(tree.member.organizations.list_accounts()["Accounts"]) == 2
    create = tree.member.organizations.create_organizational_unit
    assert refusal(create, {"ParentId": tree.root, "Name": "x"}).code == "AccessDeniedException"
    assert refusal(register, BOTH).code == "AccountAlreadyRegisteredException"
    services = tree.member.organizations.list_delegated_services_for_account({"AccountId": MEMBER})
    assert services["DelegatedServices"][0]["ServicePrincipal"] == GUARDDUTY
    listing = tree.aws.organizations.list_delegated_administrators
    assert [each["Id"] for each in listing({"ServicePrincipal": GUARDDUTY})["DelegatedAdministrators"]] == [MEMBER]
    assert listing({"ServicePrincipal": "config.amazonaws.com"})["DelegatedAdministrators"] == []
    leaving = refusal(tree.aws.organizations.remove_account_from_organization, {"AccountId": MEMBER})
    assert leaving.members["Reason"] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    tree.aws.organizations.deregister_delegated_administrator(BOTH)
    assert refusal(tree.aws.organizations.deregister_delegated_administrator, BOTH).code == (
        "AccountNotRegisteredException"
    )
    assert refusal(tree.member.organizations.list_accounts).code == "AccessDeniedException"


def test_the_management_account_is_no_delegate(tree: Tree) -> None:
    request = {**BOTH, "AccountId": tree.aws.account}
    error = refusal(tree.aws.organizations.register_delegated_administrator, request)
    assert error.members["Reason"] == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"


def test_tags_of_all_that_has_tags(tree: Tree) -> None:
    policy = tree.policy("P", '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}')
    for resource in (tree.root, tree.inner, MEMBER, policy):
        tree.aws.organizations.tag_resource({"ResourceId": resource, "Tags": [{"Key": "a", "Value": "1"}]})
        tree.aws.organizations.tag_resource({"ResourceId": resource, "Tags": [{"Key": "b", "Value": "2"}]})
        tree.aws.organizations.untag_resource({"ResourceId": resource, "TagKeys": ["a"]})
        tags = tree.aws.organizations.list_tags_for_resource({"ResourceId": resource})["Tags"]
        assert tags == [{"Key": "b", "Value": "2"}]


def test_bad_tags_are_refused(tree: Tree) -> None:
    tag = tree.aws.organizations.tag_resource
    many = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    assert refusal(tag, {"ResourceId": MEMBER, "Tags": many}).members["Reason"] == "MAX_TAG_LIMIT_EXCEEDED"
    system = [{"Key": "aws:x", "Value": ""}]
    assert refusal(tag, {"ResourceId": MEMBER, "Tags": system}).members["Reason"] == "INVALID_SYSTEM_TAGS_PARAMETER"
    assert refusal(tag, {"ResourceId": "p-zzzzzzzz", "Tags": []}).code == "TargetNotFoundException"
    managed = refusal(tag, {"ResourceId": "p-FullAWSAccess", "Tags": []})
    assert (managed.code, managed.members["Reason"]) == ("InvalidInputException", "INVALID_PATTERN")
