from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness import ACCOUNT, Aws
from services.organizations.alone import MEMBER, Tree, refusal

OTHER = "777788889999"
DAY_MS = 86_400_000


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000


@pytest.fixture
def other(tree: Tree) -> Aws:
    """The management account of another organization."""
    other = tree.aws.in_account(OTHER)
    other.organizations.create_organization()
    return other


def request(target: str = OTHER, **more: Any) -> dict[str, Any]:
    return {
        "Type": "BILLING",
        "Target": {"Id": target, "Type": "ACCOUNT"},
        "StartTimestamp": at(2026, 2, 1),
        "SourceName": "other",
        **more,
    }


def invite(tree: Tree, **more: Any) -> tuple[str, str]:
    shake = tree.aws.organizations.invite_organization_to_transfer_responsibility(request(**more))["Handshake"]
    assert (shake["Action"], shake["State"]) == ("TRANSFER_RESPONSIBILITY", "OPEN")
    (transfer,) = [each["Value"] for each in shake["Resources"] if each["Type"] == "RESPONSIBILITY_TRANSFER"]
    return shake["Id"], transfer


def test_a_transfer_from_its_offer_to_its_end(tree: Tree, other: Aws) -> None:
    handshake, transfer = invite(tree)
    (inbound,) = tree.aws.organizations.list_inbound_responsibility_transfers({"Type": "BILLING"})[
        "ResponsibilityTransfers"
    ]
    assert (inbound["Status"], inbound["ActiveHandshakeId"]) == ("REQUESTED", handshake)
    assert inbound["Source"]["ManagementAccountId"] == OTHER
    assert "/billing/inbound/rt-" in inbound["Arn"]
    other.organizations.accept_handshake({"HandshakeId": handshake})
    (outbound,) = other.organizations.list_outbound_responsibility_transfers({"Type": "BILLING"})[
        "ResponsibilityTransfers"
    ]
    assert (outbound["Status"], outbound["Target"]["ManagementAccountId"]) == ("ACCEPTED", ACCOUNT)
    assert outbound["Arn"].startswith(f"arn:aws:organizations::{OTHER}:transfer/o-")
    ended = other.organizations.terminate_responsibility_transfer({"Id": transfer})["ResponsibilityTransfer"]
    assert (ended["Status"], ended["EndTimestamp"]) == ("WITHDRAWN", at(2026, 1, 31, 23, 59, 59))
    again = refusal(other.organizations.terminate_responsibility_transfer, {"Id": transfer})
    assert again.code == "ResponsibilityTransferAlreadyInStatusException"


def test_what_is_not_accepted_cannot_be_withdrawn(tree: Tree, other: Aws) -> None:
    handshake, transfer = invite(tree)
    error = refusal(tree.aws.organizations.terminate_responsibility_transfer, {"Id": transfer})
    assert error.code == "InvalidResponsibilityTransferTransitionException"
    other.organizations.decline_handshake({"HandshakeId": handshake})
    shown = tree.aws.organizations.describe_responsibility_transfer({"Id": transfer})["ResponsibilityTransfer"]
    assert shown["Status"] == "DECLINED"


def test_its_name_is_the_targets(tree: Tree, other: Aws) -> None:
    _, transfer = invite(tree)
    rename = {"Id": transfer, "Name": "customer"}
    named = tree.aws.organizations.update_responsibility_transfer(rename)["ResponsibilityTransfer"]
    assert named["Name"] == "customer"
    error = refusal(other.organizations.update_responsibility_transfer, rename)
    assert error.code == "ResponsibilityTransferNotFoundException"


def test_one_organization_pays_for_another(tree: Tree, other: Aws) -> None:
    handshake, _ = invite(tree)
    other.organizations.accept_handshake({"HandshakeId": handshake})
    third = tree.aws.in_account("555566667777")
    third.organizations.create_organization()
    shake = third.organizations.invite_organization_to_transfer_responsibility(request())["Handshake"]
    error = refusal(other.organizations.accept_handshake, {"HandshakeId": shake["Id"]})
    assert error.members["Reason"] == "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (at(2026, 2, 2), "START_DATE_NOT_BEGINNING_OF_MONTH"),
        (at(2026, 2, 1, 5), "START_DATE_NOT_BEGINNING_OF_DAY"),
        (at(2026, 1, 1), "START_DATE_TOO_EARLY"),
    ],
)
def test_a_transfer_begins_with_a_month(tree: Tree, other: Aws, start: int, reason: str) -> None:
    error = refusal(
        tree.aws.organizations.invite_organization_to_transfer_responsibility, request(StartTimestamp=start)
    )
    assert error.members["Reason"] == reason


def test_a_transfer_ends_with_a_month(tree: Tree, other: Aws) -> None:
    handshake, transfer = invite(tree)
    other.organizations.accept_handshake({"HandshakeId": handshake})
    end = other.organizations.terminate_responsibility_transfer
    error = refusal(end, {"Id": transfer, "EndTimestamp": at(2026, 3, 30)})
    assert error.members["Reason"] == "END_DATE_NOT_END_OF_MONTH"
    error = refusal(end, {"Id": transfer, "EndTimestamp": at(2025, 12, 31, 23, 59, 59)})
    assert error.members["Reason"] == "END_DATE_TOO_EARLY"
    assert end({"Id": transfer, "EndTimestamp": at(2026, 3, 31, 23, 59, 59)})


def test_whom_one_cannot_ask(tree: Tree, other: Aws) -> None:
    operation = tree.aws.organizations.invite_organization_to_transfer_responsibility
    assert refusal(operation, request(ACCOUNT)).members["Reason"] == "SOURCE_AND_TARGET_CANNOT_MATCH"
    invite(tree)
    assert refusal(operation, request()).code == "DuplicateHandshakeException"
    shake = operation(request(MEMBER))["Handshake"]
    error = refusal(tree.member.organizations.accept_handshake, {"HandshakeId": shake["Id"]})
    assert error.code == "AccessDeniedException"
    error = refusal(tree.member.organizations.list_outbound_responsibility_transfers, {"Type": "BILLING"})
    assert error.code == "AccessDeniedException"
