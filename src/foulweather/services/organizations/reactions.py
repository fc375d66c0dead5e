"""Accounts that AWS finishes making, closing and forgetting in the background."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from foulweather.kernel.credentials import Credentials, Revoked
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Why
from foulweather.policy import principal as principals
from foulweather.services.organizations import limits, shapes
from foulweather.services.organizations.state import DEFAULTS, Account, AccountRequest, OrganizationsState

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"


def finish_account(call: Call, request_id: str) -> None:
    """Make a requested account, with the role through which the management account enters it."""
    state = call.state(OrganizationsState)
    asked = state.requests[request_id]
    asked.completed_ms = call.now
    organization = state.organizations.get(asked.organization)
    if organization is None:
        _failed(call, state, asked, "INTERNAL_FAILURE")
        return
    if any(asked.email == each.email for each in state.accounts.values()):
        _failed(call, state, asked, "EMAIL_ALREADY_EXISTS")
        return
    account_id = state.new_account_id(call.world.ids)
    try:
        _create_role(call, account_id, asked.role_name, organization.management_account)
    except AwsError as error:
        call.explain(
            "CreateAccountResult",
            organization.arn,
            Why("failed", f"The role {asked.role_name} of account {account_id} was refused.", because=(error.why,)),
        )
        _failed(call, state, asked, "INTERNAL_FAILURE")
        return
    root = state.roots[organization.root_id]
    account = Account(
        account_id,
        organization.id,
        root.id,
        asked.name,
        asked.email,
        "CREATED",
        call.now,
        policies=[DEFAULTS[kind].id for kind in root.policy_types if kind in DEFAULTS],
        tags=dict(asked.tags),
    )
    asked.state = "SUCCEEDED"
    asked.account = account_id
    state.save(account)
    state.save(asked)
    call.changed("organizations.AccountCreated", shapes.node_arn(organization, account), Parent=root.id)


def finish_closure(call: Call, account_id: str) -> None:
    """Close an account; it leaves the organization ninety days later."""
    state = call.state(OrganizationsState)
    account = state.accounts.get(account_id)
    if account is None or account.state != "PENDING_CLOSURE":
        return
    account.state = "CLOSED"
    account.closed_ms = call.now
    state.save(account)
    organization = state.organizations[account.organization]
    _shut_out(call, account_id)
    call.changed("organizations.AccountClosed", shapes.node_arn(organization, account), State=account.state)
    call.later(call.now + limits.POST_CLOSURE_MS, "organizations.forget_account", account_id=account_id)


def forget_account(call: Call, account_id: str) -> None:
    """Take an account that was closed for good out of its organization."""
    state = call.state(OrganizationsState)
    account = state.accounts.get(account_id)
    if account is None or account.state != "CLOSED" or call.now < account.closed_ms + limits.POST_CLOSURE_MS:
        return
    organization = state.organizations[account.organization]
    state.forget_account(account)
    call.changed("organizations.AccountLeft", shapes.node_arn(organization, account), Parent=None)


def _shut_out(call: Call, account_id: str) -> None:
    """Nobody calls in the name of a closed account any more: not with its keys, and not as its root user.

    A closed account has no access to AWS services (https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html).
    The error is not documented; the keys are answered as those are that AWS does not know.
    """
    credentials = call.state(Credentials)
    for each in credentials.of_account(account_id):
        credentials.revoke(each.access_key_id)
    credentials.revoked.put(account_id, Revoked(account_id))


def _create_role(call: Call, account: str, name: str, management_account: str) -> None:
    """Done as the new account's root user, before the account is under any policy of the organization."""
    iam = call.acting_as(principals.root(account), account=account).iam
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management_account}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust)})
    iam.attach_role_policy({"RoleName": name, "PolicyArn": ADMINISTRATOR_ACCESS})


def _failed(call: Call, state: OrganizationsState, asked: AccountRequest, reason: str) -> None:
    asked.state = "FAILED"
    asked.failure = reason
    state.save(asked)
    call.happened("organizations.AccountCreationFailed", asked.id, reason=reason)
