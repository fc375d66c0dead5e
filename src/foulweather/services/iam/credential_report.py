"""The credential report: a line of CSV for the root user and for each user.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from foulweather.services.iam.records import AccessKey, SigningCertificate, User, second
from foulweather.services.iam.report_records import CredentialReport
from foulweather.services.iam.service_names import namespace_of
from foulweather.services.iam.state import IamState, Uses

Response = dict[str, Any]

# "You can generate a credential report as often as once every four hours."
_REUSED_MS = 4 * 3_600_000
# How long AWS takes is not documented; it depends on the number of users.
_MADE_MS = 2_000
_DAY_MS = 86_400_000

COLUMNS = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *("access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date"),
    *("access_key_1_last_used_region", "access_key_1_last_used_service"),
    *("access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date"),
    *("access_key_2_last_used_region", "access_key_2_last_used_service"),
    *("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"),
)


def generate_credential_report(call: Call, request: Mapping[str, Any]) -> Response:
    """Begin a report, unless there is one that is less than four hours old."""
    state = call.state(IamState)
    report = state.reports.get("report")
    if report is None or call.now >= report.ready_ms + _REUSED_MS:
        now_ms = second(call.now)
        state.keep(CredentialReport(asked_ms=now_ms, ready_ms=now_ms + _MADE_MS, content=_content(call)))
        return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}
    if call.now < report.ready_ms:
        return {"State": "INPROGRESS"}
    return {"State": "COMPLETE"}


def get_credential_report(call: Call, request: Mapping[str, Any]) -> Response:
    """Give the report, while it is fresh."""
    report = call.state(IamState).reports.get("report")
    if report is None:
        raise AwsError(
            "CredentialReportNotPresentException",
            "The credential report does not exist. To generate a credential report, use GenerateCredentialReport.",
            410,
        )
    if call.now < report.ready_ms:
        raise AwsError("CredentialReportNotReadyException", "The credential report is still being generated.", 404)
    if call.now >= report.ready_ms + _REUSED_MS:
        raise AwsError(
            "CredentialReportExpiredException",
            "The most recent credential report has expired. To generate a new credential report, use "
            "GenerateCredentialReport.",
            410,
        )
    return {"Content": report.content.encode(), "ReportFormat": "text/csv", "GeneratedTime": report.ready_ms}


def _content(call: Call) -> str:
    state = call.state(IamState)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerow(_root(call, state))
    for key in sorted(state.users):
        lines.writerow(_user(call, state, state.users[key]))
    return text.getvalue().rstrip("\n")


def _root(call: Call, state: IamState) -> list[str]:
    arn = principals.root(call.account).arn
    first = state.since(call.now)
    unsupported = "not_supported"
    return [
        *("<root_account>", arn, _time(first), unsupported, "no_information", unsupported, unsupported, "false"),
        *_keys(call, state, ""),
        *_certificates(state, ""),
    ]


def _user(call: Call, state: IamState, user: User) -> list[str]:
    profile = state.login_profiles.get(user.id)
    policy = state.account_settings.passwords
    password = ["false", "N/A", "N/A", "N/A"]
    if profile is not None:
        used = _time(user.password_used_ms) if user.password_used_ms else "no_information"
        expires = policy.age_max_days if policy is not None else 0
        rotation = _time(profile.changed_ms + expires * _DAY_MS) if expires else "N/A"
        password = ["true", used, _time(profile.changed_ms), rotation]
    has_mfa = any(device.user == user.id for device in state.mfa_devices.values())
    return [
        *(user.name, user.arn, _time(user.created_ms), *password, "true" if has_mfa else "false"),
        *_keys(call, state, user.id),
        *_certificates(state, user.id),
    ]


def _keys(call: Call, state: IamState, owner: str) -> list[str]:
    held = sorted((key for key in state.access_keys.values() if key.user == owner), key=lambda key: key.created_ms)
    values: list[str] = []
    for key in (*held, None, None)[:2]:
        values += ["false", "N/A", "N/A", "N/A", "N/A"] if key is None else _key(call, key)
    return values


def _key(call: Call, key: AccessKey) -> list[str]:
    use = call.state(Uses).keys.get(key.id)
    last = ["N/A", "N/A", "N/A"]
    if use is not None:
        last = [_time(use.at_ms), use.region, namespace_of(call.pipeline.services, use.service, use.operation)]
    return ["true" if key.is_active else "false", _time(key.changed_ms or key.created_ms), *last]


def _certificates(state: IamState, owner: str) -> list[str]:
    held: list[SigningCertificate | None] = [each for each in state.signing_certificates.values() if each.user == owner]
    values: list[str] = []
    for certificate in (*held, None, None)[:2]:
        if certificate is None:
            values += ["false", "N/A"]
        else:
            values += ["true" if certificate.is_active else "false", _time(certificate.uploaded_ms)]
    return values


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).isoformat()
