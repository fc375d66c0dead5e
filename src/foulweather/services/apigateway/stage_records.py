"""Stages, and who may call them how often: API keys and usage plans, as records under the API's own member names."""

from __future__ import annotations

import msgspec

from foulweather.services.apigateway.records import Record


class MethodSetting(Record, kw_only=True):
    """A stage's settings for a method (`orders/GET`) or for all (`*/*`), with AWS's defaults."""

    metrics_enabled: bool = False
    logging_level: str = "OFF"
    data_trace_enabled: bool = False
    throttling_burst_limit: int = 5_000
    throttling_rate_limit: float = 10_000.0
    caching_enabled: bool = False
    cache_ttl_in_seconds: int = 300
    cache_data_encrypted: bool = False
    require_authorization_for_cache_control: bool = True
    unauthorized_cache_control_header_strategy: str = "SUCCEED_WITH_RESPONSE_HEADER"


class CanarySettings(Record, kw_only=True):
    """The share of a stage's requests that another deployment answers."""

    percent_traffic: float = 0.0
    deployment_id: str | None = None
    stage_variable_overrides: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    use_stage_cache: bool = False


class Stage(Record, kw_only=True):
    """A deployment under a name, with how it is run.

    `cache_flushed_ms` and `authorizers_flushed_ms`: what was cached before is not used any more. `cache_ready_ms` is
    when its cache cluster is there, and `cache_gone_ms` when one that is being deleted is gone.
    """

    stage_name: str
    deployment_id: str
    created_date: int
    last_updated_date: int
    client_certificate_id: str | None = None
    description: str | None = None
    cache_cluster_enabled: bool = False
    cache_cluster_size: str | None = None
    method_settings: dict[str, MethodSetting] = msgspec.field(default_factory=dict[str, MethodSetting])
    variables: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    documentation_version: str | None = None
    access_log_settings: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    canary_settings: CanarySettings | None = None
    tracing_enabled: bool = False
    web_acl_arn: str | None = None
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    cache_flushed_ms: int = 0
    authorizers_flushed_ms: int = 0
    cache_ready_ms: int = 0
    cache_gone_ms: int = 0


class ApiKey(Record, kw_only=True):
    """A key that a client sends; `stage_keys` are `<api>/<stage>`."""

    id: str
    value: str
    created_date: int
    last_updated_date: int
    name: str | None = None
    customer_id: str | None = None
    description: str | None = None
    enabled: bool = False
    stage_keys: list[str] = msgspec.field(default_factory=list[str])
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class Throttle(Record, kw_only=True):
    """A token bucket: how many at once, how many a second; None is no limit."""

    burst_limit: int | None = None
    rate_limit: float | None = None


class Quota(Record, kw_only=True):
    """How many requests in a DAY, WEEK or MONTH; `offset` is the day of the week or month on which it begins."""

    limit: int
    period: str
    offset: int = 0


class ApiStage(Record, kw_only=True):
    """A stage that a usage plan opens; `throttle` is by `<path>/<METHOD>`."""

    api_id: str
    stage: str
    throttle: dict[str, Throttle] = msgspec.field(default_factory=dict[str, Throttle])


class UsagePlan(Record, kw_only=True):
    """Which stages the keys of a plan may call, and how often."""

    id: str
    name: str
    description: str | None = None
    api_stages: list[ApiStage] = msgspec.field(default_factory=list[ApiStage])
    throttle: Throttle | None = None
    quota: Quota | None = None
    product_code: str | None = None
    tags: dict[str, str] = msgspec.field(default_factory=dict[str, str])


class PlanKey(Record, kw_only=True):
    """A key that belongs to a plan (row `<plan>/<key>`)."""

    plan: str
    key: str


class Usage(Record, kw_only=True):
    """A key's use of a plan on one day (row `<plan>/<key>/<YYYY-MM-DD>`, UTC)."""

    used: int = 0


class Extension(Record, kw_only=True):
    """What UpdateUsage leaves a key of a plan in a period (row `<plan>/<key>`).

    Until the period that began at `period_ms` ends, `allowed` more requests than the quota's limit are let through
    (less, when negative).
    """

    period_ms: int
    allowed: int


def setting_place(key: str) -> tuple[str, str]:
    """The path and method that a key of method settings, or of a plan's throttles, is about.

    `orders/GET`, `/orders/GET` and `~1orders/GET` are all (`/orders`, `GET`); `*/*` is (`*`, `*`).
    """
    path, _, method = key.rpartition("/")
    path = path.replace("~1", "/").replace("~0", "~")
    return (path if path == "*" else f"/{path.strip('/')}"), method
