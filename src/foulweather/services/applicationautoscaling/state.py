"""Application Auto Scaling's tables in one account and region."""

from __future__ import annotations

from foulweather.kernel.errors import AwsError
from foulweather.services.applicationautoscaling import limits
from foulweather.services.applicationautoscaling.records import (
    Activity,
    Alarm,
    Policy,
    ScheduledAction,
    Target,
    target_key,
)
from foulweather.world.store import State, table

SWEEP = 100


class ScalingState(State):
    """Targets, their policies with alarms, their scheduled actions, and the activities of six weeks."""

    targets = table(Target)
    policies = table(Policy)
    alarms = table(Alarm)
    scheduled = table(ScheduledAction)
    activities = table(Activity)

    def opened(self) -> None:
        """Go on numbering the activities, so that they are told in order."""
        self.asked: set[tuple[str, int]] = set()
        self.numbered = max((each.number for each in self.activities.values()), default=0)

    def target(self, resource_id: str, dimension: str) -> Target | None:
        """A scalable target, if it is registered."""
        return self.targets.get(target_key(resource_id, dimension))

    def registered(self, namespace: str, resource_id: str, dimension: str, words: str = "registered for") -> Target:
        """A scalable target, or the refusal of what needs one."""
        found = self.target(resource_id, dimension)
        if found is None or found.namespace != namespace:
            raise limits.not_found(f"No scalable target {words}", namespace, resource_id, dimension)
        return found

    def policies_of(self, target: Target) -> list[Policy]:
        """A target's policies in the order in which they were made."""
        return [policy for policy in self.policies.values() if policy.target == target.key]

    def scheduled_of(self, target: Target) -> list[ScheduledAction]:
        """A target's scheduled actions."""
        return [action for action in self.scheduled.values() if action.target == target.key]

    def alarms_of(self, policy: Policy) -> list[Alarm]:
        """The alarms that a policy owns."""
        return [self.alarms[name] for name in policy.alarms]

    def target_at(self, arn: str) -> Target:
        """A target by its ARN, as tags name it."""
        for target in self.targets.values():
            if target.arn == arn:
                return target
        raise AwsError(
            "ResourceNotFoundException",
            f"The resource with ARN {arn} doesn't exist.",
            members={"ResourceName": arn},
        )

    def add_activity(self, activity: Activity, now_ms: int) -> None:
        """Keep an activity, and forget those of more than six weeks ago."""
        self.numbered += 1
        activity.number = self.numbered
        self.activities.put(activity.id, activity)
        if self.numbered % SWEEP:
            return
        oldest_ms = now_ms - limits.ACTIVITIES_MS
        for each in [each for each in self.activities.values() if each.started_ms < oldest_ms]:
            self.activities.delete(each.id)
