"""Requests to increase quotas, templates of them for new accounts, and reports of what is used."""

from __future__ import annotations

import msgspec

from foulweather.world.store import State, table

OPEN = ("PENDING", "CASE_OPENED")


class Increase(msgspec.Struct):
    """A request to increase a quota."""

    id: str
    service: str
    code: str
    region: str
    desired: int
    requester: str
    created_ms: int
    updated_ms: int
    status: str = "PENDING"
    case: str = ""
    case_allowed: bool = True


class TemplateRequest(msgspec.Struct):
    """An increase that each new account of an organization is to ask for."""

    service: str
    code: str
    region: str
    desired: int


class Template(msgspec.Struct):
    """The template of an organization, by its management account."""

    account: str
    is_associated: bool = False
    requests: dict[str, TemplateRequest] = {}


class Usage(msgspec.Struct):
    """What a report tells of one quota."""

    service: str
    code: str
    default: int
    applied: int
    used: int


class Report(msgspec.Struct):
    """A report of what is used of the quotas of an account in a region."""

    id: str
    region: str
    started_ms: int
    generated_ms: int = 0
    usages: list[Usage] = []


class Tags(msgspec.Struct):
    """The tags of an applied quota."""

    tags: dict[str, str]


class QuotasState(State):
    """Everything that an account asked of Service Quotas, in all its regions."""

    scope = "account"
    increases = table(Increase)
    templates = table(Template)
    reports = table(Report)
    tags = table(Tags)

    def open_for(self, service: str, code: str, region: str) -> Increase | None:
        """The request for a quota that is not decided yet, or None."""
        for each in self.increases.values():
            if each.status in OPEN and (each.service, each.code, each.region) == (service, code, region):
                return each
        return None
