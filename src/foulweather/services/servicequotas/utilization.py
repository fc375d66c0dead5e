"""Reports of how much of each quota is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.servicequotas import limits, paging
from foulweather.services.servicequotas.known import quota
from foulweather.services.servicequotas.state import QuotasState, Report, Usage

Request = Mapping[str, Any]
_PAGE = 1_000


def start_quota_utilization_report(call: Call, request: Request) -> dict[str, Any]:
    """Have a report made; it is there some seconds later, and for fifteen minutes."""
    report = Report(call.world.ids.uuid(), call.region, call.now)
    call.state(QuotasState).reports.put(report.id, report)
    call.later(call.now + limits.REPORT_MS, "service-quotas.generate_report", report_id=report.id)
    call.happened("service-quotas.ReportStarted", report.id)
    return {"ReportId": report.id, "Status": "PENDING", "Message": "The report is being generated."}


def get_quota_utilization_report(call: Call, request: Request) -> dict[str, Any]:
    """Show a report, what is used most first."""
    report = call.state(QuotasState).reports.get(request["ReportId"])
    if report is None or report.region != call.region:
        raise limits.no_resource(request["ReportId"])
    if not report.generated_ms:
        return {"ReportId": report.id, "Status": "IN_PROGRESS"}
    found = sorted((_shown(call, each) for each in report.usages), key=lambda each: -each["Utilization"])
    return {
        "ReportId": report.id,
        "Status": "COMPLETED",
        "GeneratedAt": report.generated_ms,
        "TotalCount": len(found),
        **paging.page(request, "Quotas", found, _PAGE),
    }


def _shown(call: Call, usage: Usage) -> dict[str, Any]:
    told = quota(call, usage.service, usage.code)
    return {
        "QuotaCode": told.code,
        "ServiceCode": told.service,
        "QuotaName": told.name,
        "Utilization": usage.used / usage.applied * 100 if usage.applied else 0.0,
        "DefaultValue": float(usage.default),
        "AppliedValue": float(usage.applied),
        "ServiceName": told.service_name,
        "Adjustable": told.is_adjustable,
    }
