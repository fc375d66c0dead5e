"""What is done with the events of a group as they come: masked, counted, sent on. Compiled once for each group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from foulweather.services.logs import enriching, masking, selecting, subscribing
from foulweather.services.logs.chunks import Masks
from foulweather.services.logs.filter_patterns import Pattern, compiled
from foulweather.services.logs.masking import Identifiers
from foulweather.services.logs.scanning import masked
from foulweather.services.logs.state import STANDARD, LogGroup, LogsState, MetricFilter, SubscriptionFilter
from foulweather.services.logs.transforming import Transform


class Watch(NamedTuple):
    """Everything that looks at a group's new events."""

    identifiers: Identifiers
    audits: Sequence[str]
    metric_filters: Sequence[tuple[MetricFilter, Pattern]]
    subscriptions: Sequence[tuple[SubscriptionFilter, Pattern]]
    embeds_metrics: bool
    transform: Transform | None = None


def watch(state: LogsState, group: LogGroup) -> Watch:
    """What looks at a group's events."""
    found = state.compiled.get(group.name)
    if found is None:
        found = state.compiled[group.name] = _compiled(state, group)
    return cast("Watch", found)


def _compiled(state: LogsState, group: LogGroup) -> Watch:
    # "If you also create a policy for a single log group, both policies apply to that log group."
    documents = [each.document for each in state.account_policies.values() if each.kind == "DATA_PROTECTION_POLICY"]
    if group.data_protection:
        documents.append(group.data_protection)
    config = enriching.config_of(state, group)
    policies = [masking.compiled(document) for document in documents]
    return Watch(
        tuple(dict.fromkeys(each for policy in policies for each in policy.identifiers)),
        list(dict.fromkeys(policy.findings_group for policy in policies if policy.findings_group)),
        [
            (each, compiled(each.pattern))
            for each in state.metric_filters_of(group.name)
            if selecting.selects(each.selection, group)
        ],
        [
            (each, compiled(each.pattern))
            for each in subscribing.in_force(state, group)
            if selecting.selects(each.selection, group)
        ],
        group.log_class == STANDARD,
        None if config is None else Transform(config),
    )


def mask(identifiers: Identifiers, messages: Sequence[str]) -> tuple[Masks, Sequence[str]]:
    """The sensitive parts of messages by their place, and the messages without them."""
    masks: Masks = {}
    shown = list(messages)
    for index, message in enumerate(messages):
        spans = masking.found(identifiers, message)
        if spans:
            masks[index] = spans
            shown[index] = masked(message, spans)
    return masks, shown
