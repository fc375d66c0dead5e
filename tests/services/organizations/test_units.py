from __future__ import annotations

import re

from services.organizations.alone import MEMBER, Tree, refusal


def test_units_are_below_units(tree: Tree) -> None:
    describe = tree.aws.organizations.describe_organizational_unit
    inner = describe({"OrganizationalUnitId": tree.inner})["OrganizationalUnit"]
    assert re.fullmatch(rf"ou-{tree.root[2:]}-[a-z0-9]{{8}}", inner["Id"])
    assert inner["Arn"].endswith(f":ou/{tree.organization['Id']}/{tree.inner}")
    assert inner["Path"] == f"{tree.organization['Id']}/{tree.root}/{tree.outer}/{tree.inner}/"
    listed = tree.aws.organizations.list_organizational_units_for_parent({"ParentId": tree.outer})
    assert [each["Name"] for each in listed["OrganizationalUnits"]] == ["Inner"]


def test_parents_and_children(tree: Tree) -> None:
    parents = tree.aws.organizations.list_parents
    assert parents({"ChildId": MEMBER})["Parents"] == [{"Id": tree.inner, "Type": "ORGANIZATIONAL_UNIT"}]
    assert parents({"ChildId": tree.outer})["Parents"] == [{"Id": tree.root, "Type": "ROOT"}]
    assert refusal(parents, {"ChildId": "999999999999"}).code == "ChildNotFoundException"
    children = tree.aws.organizations.list_children
    assert children({"ParentId": tree.inner, "ChildType": "ACCOUNT"})["Children"] == [{"Id": MEMBER, "Type": "ACCOUNT"}]
    assert children({"ParentId": tree.outer, "ChildType": "ORGANIZATIONAL_UNIT"})["Children"] == [
        {"Id": tree.inner, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert refusal(children, {"ParentId": "r-zzzz", "ChildType": "ACCOUNT"}).code == "ParentNotFoundException"


def test_names_differ_below_one_parent(tree: Tree) -> None:
    create = tree.aws.organizations.create_organizational_unit
    error = refusal(create, {"ParentId": tree.root, "Name": "Outer"})
    assert (error.code, error.message) == (
        "DuplicateOrganizationalUnitException",
        "An OU with the same name already exists.",
    )
    assert create({"ParentId": tree.outer, "Name": "Outer"})
    update = tree.aws.organizations.update_organizational_unit
    error = refusal(update, {"OrganizationalUnitId": tree.inner, "Name": "Outer"})
    assert error.code == "DuplicateOrganizationalUnitException"
    renamed = update({"OrganizationalUnitId": tree.inner, "Name": "Innermost"})
    assert renamed["OrganizationalUnit"]["Name"] == "Innermost"


def test_units_are_five_deep(tree: Tree) -> None:
    parent = tree.inner
    for name in ("3", "4", "5"):
        parent = tree.unit(parent, name)
    error = refusal(tree.aws.organizations.create_organizational_unit, {"ParentId": parent, "Name": "6"})
    assert (error.code, error.members["Reason"]) == ("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED")


def test_only_an_empty_unit_is_deleted(tree: Tree) -> None:
    delete = tree.aws.organizations.delete_organizational_unit
    for unit in (tree.outer, tree.inner):
        assert refusal(delete, {"OrganizationalUnitId": unit}).code == "OrganizationalUnitNotEmptyException"
    tree.aws.organizations.move_account(
        {"AccountId": MEMBER, "SourceParentId": tree.inner, "DestinationParentId": tree.root}
    )
    delete({"OrganizationalUnitId": tree.inner})
    delete({"OrganizationalUnitId": tree.outer})
    error = refusal(delete, {"OrganizationalUnitId": tree.outer})
    assert error.code == "OrganizationalUnitNotFoundException"
    assert error.message == "You specified an organizational unit that doesn't exist."
    assert refusal(tree.aws.organizations.create_organizational_unit, {"ParentId": tree.outer, "Name": "x"}).code == (
        "ParentNotFoundException"
    )


def test_another_organizations_units_are_not_ones_own(tree: Tree) -> None:
    other = tree.aws.in_account("777788889999")
    other.organizations.create_organization()
    error = refusal(other.organizations.describe_organizational_unit, {"OrganizationalUnitId": tree.inner})
    assert error.code == "OrganizationalUnitNotFoundException"
    assert refusal(other.organizations.describe_account, {"AccountId": MEMBER}).code == "AccountNotFoundException"
