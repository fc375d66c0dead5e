from __future__ import annotations

from typing import Any

import pytest

from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER, Tree, refusal

OTHER = "777788889999"


def invite(aws: Aws, target: str = OTHER, kind: str = "ACCOUNT", **more: Any) -> dict[str, Any]:
    request = {"Target": {"Id": target, "Type": kind}, **more}
    return aws.organizations.invite_account_to_organization(request)["Handshake"]


def test_an_invitation_is_shown_to_both(tree: Tree) -> None:
    handshake = invite(tree.aws, Notes="come")
    assert (handshake["State"], handshake["Action"]) == ("OPEN", "INVITE")
    assert handshake["ExpirationTimestamp"] == tree.aws.now + 15 * 86_400_000
    assert {"Type": "NOTES", "Value": "come"} in handshake["Resources"]
    other = tree.aws.in_account(OTHER)
    assert other.organizations.list_handshakes_for_account()["Handshakes"] == [handshake]
    assert handshake in tree.aws.organizations.list_handshakes_for_organization()["Handshakes"]
    for caller in (other, tree.aws):
        assert caller.organizations.describe_handshake({"HandshakeId": handshake["Id"]})["Handshake"] == handshake
    stranger = tree.aws.in_account("123412341234")
    error = refusal(stranger.organizations.describe_handshake, {"HandshakeId": handshake["Id"]})
    assert error.code == "HandshakeNotFoundException"


def test_who_accepts_is_in(tree: Tree) -> None:
    handshake = invite(tree.aws, Tags=[{"Key": "team", "Value": "blue"}])
    other = tree.aws.in_account(OTHER)
    accepted = other.organizations.accept_handshake({"HandshakeId": handshake["Id"]})["Handshake"]
    assert accepted["State"] == "ACCEPTED"
    account = tree.aws.organizations.describe_account({"AccountId": OTHER})["Account"]
    assert account["JoinedMethod"] == "INVITED"
    assert tree.aws.organizations.list_parents({"ChildId": OTHER})["Parents"][0]["Id"] == tree.root
    tags = tree.aws.organizations.list_tags_for_resource({"ResourceId": OTHER})["Tags"]
    assert tags == [{"Key": "team", "Value": "blue"}]
    error = refusal(other.organizations.decline_handshake, {"HandshakeId": handshake["Id"]})
    assert error.code == "InvalidHandshakeTransitionException"


def test_an_address_reaches_the_account_behind_it(tree: Tree) -> None:
    handshake = invite(tree.aws, f"aws+{OTHER}@example.com", "EMAIL")
    tree.aws.in_account(OTHER).organizations.accept_handshake({"HandshakeId": handshake["Id"]})
    assert tree.account(OTHER).organization == tree.organization["Id"]


@pytest.mark.parametrize("how", ["decline", "cancel"])
def test_an_invitation_ends(tree: Tree, how: str) -> None:
    request = {"HandshakeId": invite(tree.aws)["Id"]}
    caller = tree.aws.in_account(OTHER) if how == "decline" else tree.aws
    operation = getattr(caller.organizations, f"{how}_handshake")
    operation(request)
    assert refusal(operation, request).code == "HandshakeAlreadyInStateException"
    error = refusal(tree.aws.in_account(OTHER).organizations.accept_handshake, request)
    assert error.code == "InvalidHandshakeTransitionException"
    assert invite(tree.aws)


async def test_an_invitation_expires(tree: Tree) -> None:
    request = {"HandshakeId": invite(tree.aws)["Id"]}
    await tree.aws.advance(seconds=15 * 86_400)
    shown = tree.aws.organizations.describe_handshake(request)["Handshake"]
    assert shown["State"] == "EXPIRED"
    error = refusal(tree.aws.in_account(OTHER).organizations.accept_handshake, request)
    assert error.code == "InvalidHandshakeTransitionException"
    await tree.aws.advance(seconds=30 * 86_400)
    assert refusal(tree.aws.organizations.describe_handshake, request).code == "HandshakeNotFoundException"


def test_whom_one_cannot_invite(tree: Tree) -> None:
    operation = tree.aws.organizations.invite_account_to_organization
    for account in (MEMBER, ACCOUNT):
        error = refusal(operation, {"Target": {"Id": account, "Type": "ACCOUNT"}})
        assert error.code == "HandshakeConstraintViolationException"
        assert error.members["Reason"] == "ALREADY_IN_AN_ORGANIZATION"
    wrong = refusal(operation, {"Target": {"Id": "o-abcdefghij", "Type": "ORGANIZATION"}})
    assert wrong.members["Reason"] == "INVALID_PARTY_TYPE_TARGET"
    invite(tree.aws)
    again = refusal(operation, {"Target": {"Id": OTHER, "Type": "ACCOUNT"}})
    assert again.code == "DuplicateHandshakeException"


def test_invitations_count_as_accounts(tree: Tree) -> None:
    for n in range(8):
        invite(tree.aws, f"99998888777{n}")
    error = refusal(tree.aws.organizations.invite_account_to_organization, {"Target": {"Id": OTHER, "Type": "ACCOUNT"}})
    assert error.members["Reason"] == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"


def test_filters(tree: Tree) -> None:
    listing = tree.aws.organizations.list_handshakes_for_organization
    assert len(listing({"Filter": {"ActionType": "INVITE"}})["Handshakes"]) == 1
    assert listing({"Filter": {"ActionType": "ENABLE_ALL_FEATURES"}})["Handshakes"] == []
    assert listing({"Filter": {"ParentHandshakeId": "h-12345678"}})["Handshakes"] == []


def test_invitations_of_a_day_run_out(tree: Tree) -> None:
    for n in range(20):
        made = invite(tree.aws, f"9999888877{n:02}")
        tree.aws.organizations.cancel_handshake({"HandshakeId": made["Id"]})
    error = refusal(tree.aws.organizations.invite_account_to_organization, {"Target": {"Id": OTHER, "Type": "ACCOUNT"}})
    assert error.members["Reason"] == "HANDSHAKE_RATE_LIMIT_EXCEEDED"
