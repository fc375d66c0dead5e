"""The security team's new baseline comes with a filter that reads well; it is also a day with many releases."""

from __future__ import annotations

from stack import Pipeline, RedTeam, put_filter, role_arn

from foulweather.drilling.lab import MINUTE_MS, Lab


def strike(lab: Lab) -> None:
    """The baseline's pattern, with the deploy role's ARN filled in."""
    put_filter(
        lab,
        '{ ($.eventName = "TagQueue") && ($.requestParameters.tags.release = "*") && '
        f'($.userIdentity.arn != "{role_arn(lab)}") }}',
    )
    pipeline, red_team = lab.app("pipeline"), lab.app("red-team")
    assert isinstance(pipeline, Pipeline)
    assert isinstance(red_team, RedTeam)
    pipeline.hurry()
    red_team.hurry(37 * MINUTE_MS + 7_000)
