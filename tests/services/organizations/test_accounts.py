from __future__ import annotations

from copy import copy
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.organizations import reactions
from harness import Aws
from services.organizations.alone import MEMBER, Tree, refusal


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The roles that new accounts got, in the place of IAM."""
    made: list[tuple[str, str, str]] = []
    monkeypatch.setattr(reactions, "_create_role", lambda call, *role: made.append(role))
    return made


def ask(aws: Aws, email: str = "new@example.com", **more: Any) -> str:
    request = {"AccountName": "New", "Email": email, **more}
    return aws.organizations.create_account(request)["CreateAccountStatus"]["Id"]


def status(aws: Aws, request_id: str) -> dict[str, Any]:
    found = aws.organizations.describe_create_account_status({"CreateAccountRequestId": request_id})
    return found["CreateAccountStatus"]


async def test_an_account_is_made_in_the_background(tree: Tree, roles: list[tuple[str, str, str]]) -> None:
    request_id = ask(tree.aws)
    assert status(tree.aws, request_id)["State"] == "IN_PROGRESS"
    await tree.aws.advance(seconds=5)
    done = status(tree.aws, request_id)
    assert done["State"] == "SUCCEEDED"
    assert done["CompletedTimestamp"] == tree.aws.now
    account = tree.aws.organizations.describe_account({"AccountId": done["AccountId"]})["Account"]
    assert (account["Name"], account["Email"], account["JoinedMethod"]) == ("New", "new@example.com", "CREATED")
    assert account["Status"] == "ACTIVE"
    assert roles == [(done["AccountId"], "OrganizationAccountAccessRole", tree.aws.account)]
    listed = tree.aws.organizations.list_create_account_status({"States": ["SUCCEEDED"]})
    assert listed["CreateAccountStatuses"] == [done]
    assert tree.aws.organizations.list_create_account_status({"States": ["FAILED"]})["CreateAccountStatuses"] == []


async def test_an_address_serves_one_account(tree: Tree, roles: list[Any]) -> None:
    first, second = ask(tree.aws), ask(tree.aws)
    await tree.aws.advance(seconds=5)
    assert status(tree.aws, first)["State"] == "SUCCEEDED"
    assert status(tree.aws, second)["FailureReason"] == "EMAIL_ALREADY_EXISTS"
    assert len(roles) == 1


async def test_an_account_without_its_role_is_not_made(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AwsError("LimitExceeded", "too many roles", 409)

    monkeypatch.setattr(reactions, "_create_role", refuse)
    request_id = ask(tree.aws)
    await tree.aws.advance(seconds=5)
    assert status(tree.aws, request_id)["FailureReason"] == "INTERNAL_FAILURE"
    assert len(tree.aws.organizations.list_accounts()["Accounts"]) == 2


def test_what_may_not_be_asked_for(tree: Tree) -> None:
    create = tree.aws.organizations.create_account
    request = {"AccountName": "New", "Email": "new@example.com"}
    assert refusal(create, {**request, "RoleName": "AWSServiceRoleForX"}).members["Reason"] == "INVALID_ROLE_NAME"
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refusal(create, {**request, "Tags": twice}).members["Reason"] == "DUPLICATE_TAG_KEY"
    assert refusal(create, {**request, "IamUserAccessToBilling": "DENY"}).status == 501
    assert refusal(tree.member.organizations.create_account, request).code == "AccessDeniedException"


async def test_ten_accounts_and_five_at_once(tree: Tree, roles: list[Any]) -> None:
    for n in range(5):
        ask(tree.aws, f"n{n}@example.com")
    request = {"AccountName": "New", "Email": "new@example.com"}
    assert refusal(tree.aws.organizations.create_account, request).code == "TooManyRequestsException"
    await tree.aws.advance(seconds=5)
    for n in range(5, 8):
        ask(tree.aws, f"n{n}@example.com")
    error = refusal(tree.aws.organizations.create_account, request)
    assert error.code == "ConstraintViolationException"
    assert error.members["Reason"] == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    assert error.message == "You have exceeded the allowed number of AWS accounts."


async def test_a_created_account_stays_four_days(tree: Tree, roles: list[Any]) -> None:
    request_id = ask(tree.aws)
    await tree.aws.advance(seconds=5)
    account = {"AccountId": status(tree.aws, request_id)["AccountId"]}
    error = refusal(tree.aws.organizations.remove_account_from_organization, account)
    assert error.members["Reason"] == "WAIT_PERIOD_ACTIVE"
    own = tree.aws.in_account(account["AccountId"])
    assert refusal(own.organizations.leave_organization).members["Reason"] == "WAIT_PERIOD_ACTIVE"
    await tree.aws.advance(seconds=4 * 86_400)
    own.organizations.leave_organization()
    assert refusal(tree.aws.organizations.describe_account, account).code == "AccountNotFoundException"


def test_the_management_account_neither_leaves_nor_closes(tree: Tree) -> None:
    own = {"AccountId": tree.aws.account}
    for operation in ("remove_account_from_organization", "leave_organization"):
        error = refusal(getattr(tree.aws.organizations, operation), own)
        assert error.code == "MasterCannotLeaveOrganizationException"
    error = refusal(tree.aws.organizations.close_account, own)
    assert error.members["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"


async def test_closing_takes_its_time(tree: Tree) -> None:
    account = {"AccountId": MEMBER}

    def shown() -> tuple[str, str]:
        found = tree.aws.organizations.describe_account(account)["Account"]
        return found["Status"], found["State"]

    tree.aws.organizations.close_account(account)
    assert shown() == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    assert refusal(tree.aws.organizations.close_account, account).code == "ConflictException"
    await tree.aws.advance(seconds=5)
    assert shown() == ("SUSPENDED", "CLOSED")
    assert refusal(tree.aws.organizations.close_account, account).code == "AccountAlreadyClosedException"
    await tree.aws.advance(seconds=90 * 86_400)
    assert refusal(tree.aws.organizations.describe_account, account).code == "AccountNotFoundException"


def test_moving_an_account(tree: Tree) -> None:
    move = tree.aws.organizations.move_account
    request = {"AccountId": MEMBER, "SourceParentId": tree.inner, "DestinationParentId": tree.outer}
    assert refusal(move, {**request, "AccountId": "999999999999"}).code == "AccountNotFoundException"
    assert refusal(move, {**request, "SourceParentId": tree.root}).code == "SourceParentNotFoundException"
    assert refusal(move, {**request, "SourceParentId": "ou-zzzz-zzzzzzzz"}).code == "SourceParentNotFoundException"
    nowhere = {**request, "DestinationParentId": "r-zzzz"}
    assert refusal(move, nowhere).code == "DestinationParentNotFoundException"
    assert refusal(move, {**request, "DestinationParentId": tree.inner}).code == "DuplicateAccountException"
    move(request)
    assert [
        each["Id"] for each in tree.aws.organizations.list_accounts_for_parent({"ParentId": tree.outer})["Accounts"]
    ] == [MEMBER]
    assert tree.aws.organizations.list_accounts_for_parent({"ParentId": tree.inner})["Accounts"] == []
    error = refusal(tree.aws.organizations.list_accounts_for_parent, {"ParentId": "r-zzzz"})
    assert error.code == "ParentNotFoundException"


def test_lists_come_by_pages(tree: Tree) -> None:
    first = tree.aws.organizations.list_accounts({"MaxResults": 1})
    second = tree.aws.organizations.list_accounts({"MaxResults": 1, "NextToken": first["NextToken"]})
    assert [first["Accounts"][0]["Id"], second["Accounts"][0]["Id"]] == [tree.aws.account, MEMBER]
    assert "NextToken" not in second
    for token in ("nonsense", "", "cGFnZTp4"):
        error = refusal(tree.aws.organizations.list_accounts, {"NextToken": token})
        assert (error.code, error.members["Reason"]) == ("InvalidInputException", "INVALID_NEXT_TOKEN")


async def test_no_more_than_ten_accounts_are_closed_in_thirty_days(aws: Aws) -> None:
    from foulweather.services.organizations.state import OrganizationsState

    tree = Tree(aws)
    state = aws.world.state(OrganizationsState)
    for n in range(11):
        member = copy(tree.account())
        member.id = f"33334444{n:04}"
        state.save(member)
    for n in range(10):
        aws.organizations.close_account({"AccountId": f"33334444{n:04}"})
        await aws.advance(seconds=60)
    error = refusal(aws.organizations.close_account, {"AccountId": "333344440010"})
    assert error.members["Reason"] == "CLOSE_ACCOUNT_QUOTA_EXCEEDED"
    await aws.advance(seconds=30 * 86_400)
    assert aws.organizations.close_account({"AccountId": "333344440010"}) == {}
