"""The policy engine and its naive twin agree on random policies and requests."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from random import Random

import pytest

from foulweather.policy.document import DocumentKind, parse
from foulweather.policy.evaluate import Ask, Held, PolicySet, evaluate
from oracle.iam_oracle import Answer, Question, Source, answer
from oracle.iam_worlds import question


def held(kind: DocumentKind, source: Source) -> Held:
    name, document = source
    return Held(name, kind, parse(document, kind))


def engine(asked: Question) -> Answer:
    trust: DocumentKind = "trust" if asked.is_trust_policy else "resource"
    verdict = evaluate(
        Ask(asked.principal, asked.action, asked.resource, asked.resource_account, asked.context),
        PolicySet(
            identity=[held("identity", each) for each in asked.identity],
            boundary=held("boundary", asked.boundary) if asked.boundary else None,
            session=[held("session", each) for each in asked.session],
            scps=[[held("scp", each) for each in level] for level in asked.scps],
            rcps=[[held("rcp", each) for each in level] for level in asked.rcps],
            resource=held(trust, asked.resource_policy) if asked.resource_policy else None,
            resource_must_delegate=asked.resource_must_delegate,
            grants=tuple(held("resource", each) for each in asked.grants),
        ),
    )
    matched = {(each.kind, each.source, each.statement) for each in verdict.matched}
    nearly = verdict.nearly  # must never fail, and never name a statement that applies
    assert not {(each.kind, each.source, each.statement) for each in nearly} & matched
    assert all(each.failures for each in nearly)
    return Answer(verdict.allowed, verdict.explicit, verdict.kind, matched)


def compare(seeds: range) -> Counter[str]:
    decided: Counter[str] = Counter()
    for seed in seeds:
        asked = question(Random(seed))
        expected, actual = answer(asked), engine(asked)
        if expected != actual:
            pytest.fail(
                f"seed {seed}\noracle: {expected}\nengine: {actual}\n{json.dumps(asdict(asked), indent=1, default=str)}"
            )
        outcome = "allowed" if actual.allowed else "explicit" if actual.explicit else "implicit"
        decided[f"{outcome} {actual.kind}"] += 1
        decided[outcome] += 1
    return decided


def assert_mixed(decided: Counter[str], total: int) -> None:
    """Both outcomes, and every kind of policy both denying explicitly and implicitly, occur often."""
    kinds = ["identity-based", "resource-based", "permissions boundary", "session", "service control"]
    kinds += ["resource control", "role trust"]
    for outcome in ("allowed", "explicit", "implicit"):
        assert decided[outcome] > total // 20, decided
    for each in ("allowed identity-based", "allowed resource-based", "allowed role trust", "allowed grant"):
        assert decided[each] > total // 500, decided
    for kind in kinds:
        assert decided[f"explicit {kind}"] > total // 500, decided
        assert decided[f"implicit {kind}"] > total // 500, decided


def test_engine_and_oracle_agree_on_some_thousand_requests() -> None:
    total = 3_000
    assert_mixed(compare(range(total)), total)


@pytest.mark.slow
def test_engine_and_oracle_agree_on_a_hundred_thousand_requests() -> None:
    first, total = 1_000_000, 100_000
    assert_mixed(compare(range(first, first + total)), total)
