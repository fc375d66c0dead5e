"""Who asks: the identity that policies speak of."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["root", "user", "assumed-role", "federated-user", "federated", "service", "anonymous"]


class Principal(msgspec.Struct, frozen=True):
    """An identity as IAM names it.

    `arn` is the caller's ARN as GetCallerIdentity gives it (`arn:aws:sts::…:assumed-role/Role/session`),
    the service's name for a service (`sns.amazonaws.com`), the provider's ARN or host for a `federated`
    caller of AssumeRoleWithWebIdentity or AssumeRoleWithSAML, and `*` for an anonymous one.
    `account` is empty for services and anonymous callers. `role_arn` is the IAM role behind a session.
    """

    kind: Kind
    arn: str
    account: str = ""
    user_id: str = ""
    role_arn: str = ""

    @property
    def name(self) -> str:
        """The user's name, the role session's name, or empty."""
        return self.arn.rpartition("/")[2] if self.kind in ("user", "assumed-role", "federated-user") else ""


ANONYMOUS = Principal("anonymous", "*")


def root(account: str) -> Principal:
    """The root user of an account."""
    return Principal("root", f"arn:aws:iam::{account}:root", account, account)


def service(name: str) -> Principal:
    """An AWS service acting by itself (`sns.amazonaws.com`)."""
    return Principal("service", name)
