"""The filter patterns of filters: whether a group may have one more."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.logs import limits
from foulweather.services.logs.filter_patterns import InvalidPattern, Pattern, compiled
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import LogGroup, LogsState


def checked(text: str) -> Pattern:
    """A pattern, compiled; its refusal where it is none."""
    try:
        return compiled(text)
    except InvalidPattern as error:
        raise invalid(error.message, Fact("request", "filterPattern", text)) from error


def check_regexes(state: LogsState, group: LogGroup, pattern: Pattern, replaced: str) -> None:
    """Refuse one more than "5 filter patterns containing regex for each log group"."""
    if not pattern.regexes:
        return
    held = [*state.metric_filters_of(group.name), *state.subscription_filters_of(group.name)]
    others = sum(1 for each in held if each.name != replaced and compiled(each.pattern).regexes)
    if others >= limits.REGEX_FILTERS_MAX:
        raise AwsError(
            "LimitExceededException",
            "Resource limit exceeded.",
            facts=(Fact(group.arn, "filter patterns containing regex", limits.REGEX_FILTERS_MAX),),
        )
