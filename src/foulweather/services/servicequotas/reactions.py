"""Requests reviewed and decided, reports made, and templates applied to new accounts."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.quotas import GLOBAL_REGION, in_force
from foulweather.policy import principal as principals
from foulweather.services.servicequotas import limits
from foulweather.services.servicequotas.deciding import move
from foulweather.services.servicequotas.known import known, quota
from foulweather.services.servicequotas.state import QuotasState, Usage
from foulweather.world.journal import Event
from foulweather.world.world import World


def review(call: Call, request_id: str) -> None:
    """Grant a modest increase; for more, open a support case where the caller allows one."""
    increase = call.state(QuotasState).increases[request_id]
    if increase.status != "PENDING":
        return
    wanted = quota(call, increase.service, increase.code, increase.region)
    value = in_force(call.world, wanted, call.account, increase.region)
    is_possible = not wanted.most or increase.desired <= wanted.most
    if is_possible and increase.desired <= value * limits.GRANTED_AT_ONCE:
        move(call, increase, "APPROVED")
    else:
        move(call, increase, "CASE_OPENED" if increase.case_allowed else "NOT_APPROVED")


def decide(call: Call, request_id: str) -> None:
    """Close a support case: granted, unless it is more than AWS documents as the most."""
    increase = call.state(QuotasState).increases[request_id]
    if increase.status != "CASE_OPENED":
        return
    wanted = quota(call, increase.service, increase.code, increase.region)
    is_possible = not wanted.most or increase.desired <= wanted.most
    move(call, increase, "APPROVED" if is_possible else "NOT_APPROVED")


def generate_report(call: Call, report_id: str) -> None:
    """Count what is used of the quotas whose use can be counted."""
    state = call.state(QuotasState)
    report = state.reports[report_id]
    report.generated_ms = call.now
    report.usages = [
        Usage(
            each.service,
            each.code,
            each.value,
            in_force(call.world, each, call.account, call.region),
            each.used(call.world, call.account, call.region),
        )
        for each in known(call).values()
        if each.used is not None
    ]
    state.reports.touch(report_id)
    call.later(report.started_ms + limits.REPORT_LIFE_MS, "service-quotas.forget_report", report_id=report_id)


def forget_report(call: Call, report_id: str) -> None:
    """Take away a report after its fifteen minutes."""
    call.state(QuotasState).reports.delete(report_id)


def note_account(world: World, event: Event) -> None:
    """Have a template applied to an account that its organization has created."""
    template = world.state(QuotasState, event.account).templates.get(event.account)
    if template is None or not template.is_associated:
        return
    created = event.resource.rpartition("/")[2]
    for key in template.requests:
        world.agenda.at(
            event.at_ms,
            "service-quotas.apply_template",
            {"created": created, "key": key},
            account=event.account,
            region=GLOBAL_REGION,
            trace_id=event.request_id,
        )


def apply_template(call: Call, created: str, key: str) -> None:
    """Ask, in the name of a new account, for an increase that the template of its organization has."""
    template = call.state(QuotasState).templates[call.account]
    wanted = template.requests.get(key)
    if wanted is None:
        return
    ports = call.acting_as(principals.root(created), account=created, region=wanted.region)
    try:
        getattr(ports, "service-quotas").request_service_quota_increase(
            {"ServiceCode": wanted.service, "QuotaCode": wanted.code, "DesiredValue": wanted.desired}
        )
    except AwsError as error:
        call.explain("ApplyTemplate", created, error.why, error.code)
