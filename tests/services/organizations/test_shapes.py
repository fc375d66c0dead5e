from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foulweather.kernel.model import ServiceModel, Shape
from foulweather.kernel.services import Services
from services.organizations.alone import MEMBER, Tree


def unknown(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """What a value has that its shape has not, and what it lacks of what the shape requires."""
    if shape.type == "structure":
        yield from (f"{path}.{name} is missing" for name in shape.required if name not in value)
        for name, each in value.items():
            if name in shape.members:
                yield from unknown(shape.members[name], each, f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif shape.type == "list":
        for each in value:
            yield from unknown(shape.member, each, f"{path}[]")
    elif not isinstance(
        value, int if shape.type in ("timestamp", "integer") else bool if shape.type == "boolean" else str
    ):
        yield f"{path} is {value!r}"


@pytest.mark.parametrize("name", ["organizations", "sts"])
def test_the_access_table_has_a_row_for_each_operation_and_no_more(name: str) -> None:
    services = Services()
    service = services.find(name)
    assert service is not None
    assert set(services.part(service, "access").ACCESS) == set(services.built(service))


def test_responses_have_the_models_shapes(tree: Tree) -> None:
    tree.aws.organizations.enable_aws_service_access({"ServicePrincipal": "config.amazonaws.com"})
    both = {"AccountId": MEMBER, "ServicePrincipal": "config.amazonaws.com"}
    tree.aws.organizations.register_delegated_administrator(both)
    policy = tree.policy("P", '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}')
    scp = {"Filter": "SERVICE_CONTROL_POLICY"}
    new = {"AccountName": "New", "Email": "new@example.com"}
    handshake = tree.aws.organizations.list_handshakes_for_organization()["Handshakes"][0]["Id"]
    made = tree.aws.organizations.create_account(new)["CreateAccountStatus"]["Id"]
    model = ServiceModel.load("organizations")
    for name, request in {
        "CreateAccount": {**new, "Email": "other@example.com"},
        "DescribeAccount": {"AccountId": MEMBER},
        "DescribeCreateAccountStatus": {"CreateAccountRequestId": made},
        "DescribeHandshake": {"HandshakeId": handshake},
        "DescribeOrganization": {},
        "DescribeOrganizationalUnit": {"OrganizationalUnitId": tree.inner},
        "DescribePolicy": {"PolicyId": policy},
        "EnablePolicyType": {"RootId": tree.root, "PolicyType": "RESOURCE_CONTROL_POLICY"},
        "InviteAccountToOrganization": {"Target": {"Id": "777788889999", "Type": "ACCOUNT"}, "Notes": "x"},
        "ListAWSServiceAccessForOrganization": {},
        "ListAccounts": {"MaxResults": 1},
        "ListChildren": {"ParentId": tree.inner, "ChildType": "ACCOUNT"},
        "ListCreateAccountStatus": {},
        "ListDelegatedAdministrators": {},
        "ListDelegatedServicesForAccount": {"AccountId": MEMBER},
        "ListHandshakesForOrganization": {},
        "ListOrganizationalUnitsForParent": {"ParentId": tree.root},
        "ListParents": {"ChildId": MEMBER},
        "ListPolicies": scp,
        "ListPoliciesForTarget": {**scp, "TargetId": MEMBER},
        "ListRoots": {},
        "ListTagsForResource": {"ResourceId": MEMBER},
        "ListTargetsForPolicy": {"PolicyId": "p-FullAWSAccess"},
        "UpdatePolicy": {"PolicyId": policy, "Name": "Q"},
    }.items():
        operation = model.operation(name)
        response = getattr(tree.aws.organizations, operation.python_name)(request)
        assert operation.output is not None
        assert list(unknown(operation.output, response, name)) == []
        assert response
