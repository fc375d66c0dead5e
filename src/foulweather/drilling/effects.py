"""Why business events took effect twice, or after a later one: put on record as any failure is.

No call was refused when that happens, so no service can explain it; what the applications did and what the queue
was told to do are the facts.
"""

from __future__ import annotations

from foulweather.drilling.judging import shown
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.fleet import LogLine, WorkerFleet
from foulweather.drilling.load.ledger import Effect, Ledger
from foulweather.drilling.traffic import ledger_of
from foulweather.kernel.errors import AwsError
from foulweather.kernel.trace import Hop, Traces
from foulweather.kernel.why import Fact, Why


def explain(lab: Lab, since_ms: int) -> None:
    """Put the latest event since a time that took effect twice, or out of order, on record with its reasons."""
    ledger, fleet = ledger_of(lab), _fleet(lab)
    if ledger is None or fleet is None:
        return
    disordered = ledger.disordered(since_ms)
    if disordered:
        _keep(lab, fleet, ledger.effects_of(disordered[-1])[-1].at_ms, _disordered(lab, fleet, ledger, disordered))
    doubled = ledger.duplicated(since_ms, at_most=len(ledger))
    if doubled:
        _keep(lab, fleet, ledger.effects_of(doubled[-1])[-1].at_ms, _doubled(lab, fleet, ledger, doubled))


def _fleet(lab: Lab) -> WorkerFleet | None:
    ledger = ledger_of(lab)
    return next((app for app in lab.apps.values() if isinstance(app, WorkerFleet) and app.ledger is ledger), None)


def _keep(lab: Lab, fleet: WorkerFleet, at_ms: int, why: Why) -> None:
    request_id = lab.world.ids.uuid()
    hop = Hop(
        request_id,
        request_id,
        "",
        fleet.name,
        "Effect",
        "",
        lab.account,
        lab.region,
        at_ms,
        at_ms,
        _arn(lab, fleet),
        "",
        why,
    )
    traces = lab.world.state(Traces)
    traces.begin(hop)
    traces.keep(hop)


def _arn(lab: Lab, fleet: WorkerFleet) -> str:
    return lab.queue_arn(fleet.queue_url.rpartition("/")[2])


def _queue_fact(lab: Lab, fleet: WorkerFleet, name: str, otherwise: str = "") -> Fact:
    try:
        told = lab.client("sqs").get_queue_attributes(QueueUrl=fleet.queue_url, AttributeNames=["All"])
    except AwsError as error:
        return Fact(_arn(lab, fleet), name, error.code)
    return shown(lab, _arn(lab, fleet), name, told["Attributes"].get(name, otherwise))


def _setting(lab: Lab, fleet: WorkerFleet, name: str) -> Fact:
    return shown(lab, fleet.name, name, fleet.settings[name])


def _doubled(lab: Lab, fleet: WorkerFleet, ledger: Ledger, keys: list[int]) -> Why:
    effects = ledger.effects_of(keys[-1])
    first, second = effects[0], effects[1]
    head = (
        f"Event {keys[-1]} took effect {len(effects)} times ({len(keys)} events did so): first by worker "
        f"{first.worker}, {(second.at_ms - first.at_ms) // 1000} s later by worker {second.worker}."
    )
    return Why(
        "failed",
        head,
        (Fact(f"event {keys[-1]}", "effects", len(effects)), _setting(lab, fleet, "idempotent")),
        (),
        (_again(lab, fleet, first, second),),
    )


def _again(lab: Lab, fleet: WorkerFleet, first: Effect, second: Effect) -> Why:
    """Why its message, or another of the same event, was there to be received."""
    if first.message_id != second.message_id:
        return Why(
            "failed",
            "It was sent as two messages.",
            (
                Fact(f"message {first.message_id}", "effect at", first.at_ms),
                Fact(f"message {second.message_id}", "effect at", second.at_ms),
            ),
        )
    message = f"message {first.message_id}"
    counted = Fact(message, "ApproximateReceiveCount", second.receive_count)
    hidden = _queue_fact(lab, fleet, "VisibilityTimeout")
    own = fleet.settings["visibility_s"]
    timeout = hidden if own == "queue" else _setting(lab, fleet, "visibility_s")
    died = [line for line in fleet.log if line.message_id == first.message_id and line.text.startswith("killed")]
    if died:
        return Why(
            "failed",
            f"Worker {died[0].worker} was {died[0].text}; SQS delivers at least once, so the message came again after "
            "its visibility timeout, and nothing told the next worker that the effect was there.",
            (counted, Fact(fleet.name, "log", died[0].text), _setting(lab, fleet, "idempotent"), timeout),
        )
    company = _failed_company(fleet, first, second)
    if company is not None:
        return Why(
            "failed",
            f"It was in one batch with message {company.message_id}, which {company.text}. The batch has one result: "
            "nothing of it was deleted, and all of it came again.",
            (
                counted,
                _setting(lab, fleet, "partial"),
                _setting(lab, fleet, "delete_by"),
                Fact(f"message {company.message_id}", "log", company.text),
                timeout,
            ),
        )
    return Why(
        "failed",
        "The message became visible again before it was deleted: its visibility timeout was over while a worker still "
        "had it in hand.",
        (counted, timeout, _setting(lab, fleet, "batch"), _setting(lab, fleet, "heartbeat")),
    )


def _failed_company(fleet: WorkerFleet, first: Effect, second: Effect) -> LogLine | None:
    """What failed beside a message, where one failure fails the batch."""
    if fleet.is_partial or not fleet.deletes_by_batch:
        return None
    lines = (line for line in fleet.log if line.worker == first.worker and line.text.startswith("failed"))
    between = [line for line in lines if line.at_ms < second.at_ms]
    return min(between, key=lambda line: abs(line.at_ms - first.at_ms), default=None)


def _disordered(lab: Lab, fleet: WorkerFleet, ledger: Ledger, keys: list[int]) -> Why:
    effect = ledger.effects_of(keys[-1])[0]
    event = Fact(f"event {keys[-1]}", "receive count", effect.receive_count)
    if fleet.queue_url.endswith(".fifo"):
        cause = "Its message was in another message group than the later event's, or was sent after it."
    else:
        cause = (
            "They went through a standard queue, which promises no order, to workers that do not wait for each other."
        )
    return Why(
        "failed",
        f"Event {keys[-1]} took effect after a later one of its order ({len(keys)} events did so): {cause}",
        (event, _queue_fact(lab, fleet, "FifoQueue", "false (a standard queue)"), _setting(lab, fleet, "workers")),
    )
