"""Every calculator is whole: ids, formulas, sources, examples, and what grows when its inputs grow."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.drilling.calculators import CALCULATORS, Calculator, Refusal, find
from foulweather.drilling.calculators.calculator import Example
from foulweather.drilling.calculators.inputs import READERS
from foulweather.meter.price_book import price

ALL = list(CALCULATORS.values())
EXAMPLES = [(each, example) for each in ALL for example in each.examples]
every = pytest.mark.parametrize("calculator", ALL, ids=lambda each: each.id)

IDS = [
    "calc-lambda-cost",
    "calc-cidr",
    "calc-db-connections",
    "calc-dynamodb-cost",
    "calc-s3-cost",
    "calc-nat-cost",
    "calc-ri-savings-plan",
    "calc-schedule-savings",
    "calc-waste",
    "calc-data-transfer",
    "calc-logs-cost",
    "calc-lb-cost",
    "calc-athena-cost",
    "calc-serverless-backend-cost",
    "calc-multiregion-cost",
    "calc-security-cost",
    "calc-modernization-tco",
    "calc-bigdata-cost",
    "calc-cicd-cost",
    "calc-cloudfront-invalidation",
    "calc-dr-strategy",
    "calc-transfer-time",
    "calc-migration-method",
    "calc-kinesis-shards",
]


def test_there_are_24_calculators_with_these_ids() -> None:
    assert list(CALCULATORS) == IDS
    assert len(CALCULATORS) == 24


@every
def test_the_formula_names_every_input(calculator: Calculator) -> None:
    words = set(re.findall(r"\w+", " ".join(formula for _, formula in calculator.formula)))
    assert {each.name for each in calculator.inputs} <= words


@every
def test_the_formula_names_nothing_else(calculator: Calculator) -> None:
    from foulweather.drilling.calculators.formula import names

    known = {each.name for each in (*calculator.inputs, *calculator.rule_steps)} | set(calculator.prices)
    for each in calculator.steps:
        assert names(each.formula) <= known, each.name
        known.add(each.name)


@every
def test_every_price_is_used(calculator: Calculator) -> None:
    words = set(re.findall(r"\w+", " ".join(each.formula for each in calculator.steps)))
    assert set(calculator.prices) <= words


@every
def test_it_has_what_a_reader_needs(calculator: Calculator) -> None:
    assert calculator.title
    assert calculator.answers.endswith(".")
    assert calculator.assumptions
    assert calculator.examples
    assert all(re.match(r"https://(docs\.)?aws\.amazon\.com/", source) for source in calculator.sources)
    assert calculator.sources
    assert [each for each in (*calculator.rule_steps, *calculator.steps) if each.is_output]


@every
def test_inputs_have_help_a_kind_and_a_default_that_can_be(calculator: Calculator) -> None:
    for each in calculator.inputs:
        assert each.help
        assert each.kind in READERS
        each.read(each.default)
        assert each.allowed
    assert len({each.name for each in calculator.inputs}) == len(calculator.inputs)


@every
def test_it_runs_on_its_defaults_and_explains_itself(calculator: Calculator) -> None:
    answer = calculator.run({})
    assert answer.outputs
    for each in answer.steps:
        assert each.filled
        assert each.shown
        assert "E+" not in each.shown


@every
def test_money_is_decimal_and_in_dollars(calculator: Calculator) -> None:
    for each in calculator.run({}).steps:
        if each.step.name.endswith("cost") or each.step.name in ("total", "saving"):
            assert isinstance(each.value, Decimal)
            assert each.step.unit == "USD"
            assert "$" in each.shown


@every
def test_prices_are_those_of_the_book(calculator: Calculator) -> None:
    for name, found in calculator.run({}).prices.items():
        assert found == price(found.service, found.item), name


@pytest.mark.parametrize(
    ("calculator", "example"), EXAMPLES, ids=[f"{each.id}-{example.title}" for each, example in EXAMPLES]
)
def test_examples_give_what_they_say(calculator: Calculator, example: Example) -> None:
    answer = calculator.run(example.inputs)
    assert {name: answer.shown(name) for name in example.gives} == dict(example.gives)


@pytest.mark.parametrize(
    ("id", "quoted", "really"),
    [
        ("calc-ri-savings-plan", "$1,200", "$700.80"),
        ("calc-ri-savings-plan", "75 %", "72 %"),
        ("calc-lambda-cost", "$900", "$933.34"),
        ("calc-dynamodb-cost", "$1.25", "$0.625"),
        ("calc-nat-cost", "$7", "each zone"),
        ("calc-bigdata-cost", "$880", "$88"),
        ("calc-bigdata-cost", "50 %", "66.4 %"),
        ("calc-bigdata-cost", "5 TB", "150 TB"),
        ("calc-kinesis-shards", "50 shards", "58"),
        ("calc-cicd-cost", "$25", "$2.50"),
        ("calc-cicd-cost", "$140", "$108.12"),
        ("calc-modernization-tco", "$500,000", "$850,000"),
        ("calc-multiregion-cost", "$1,750", "$1,633.10"),
        ("calc-cloudfront-invalidation", "1,000 paths", "each path"),
        ("calc-serverless-backend-cost", "$7.25", "$6.83"),
        ("calc-migration-method", "Snowmobile", "retired"),
    ],
)
def test_figures_that_go_around_are_corrected(id: str, quoted: str, really: str) -> None:
    assert [each for each in CALCULATORS[id].corrections if quoted in each.quoted and really in each.really]


GROWING = [
    ("calc-lambda-cost", "requests", "total"),
    ("calc-lambda-cost", "requests", "concurrency"),
    ("calc-lambda-cost", "provisioned_concurrency", "provisioned_cost"),
    ("calc-db-connections", "lambda_concurrency", "database_connections"),
    ("calc-dynamodb-cost", "reads_per_s", "total"),
    ("calc-dynamodb-cost", "writes_per_s", "total"),
    ("calc-dynamodb-cost", "storage_gb", "partitions"),
    ("calc-s3-cost", "standard_gb", "total"),
    ("calc-s3-cost", "gets", "request_cost"),
    ("calc-nat-cost", "gb", "total"),
    ("calc-nat-cost", "endpoint_gb", "total"),
    ("calc-waste", "volume_gb", "total"),
    ("calc-data-transfer", "internet_gb", "total"),
    ("calc-data-transfer", "cloudfront_gb", "total"),
    ("calc-logs-cost", "gb_per_day", "total"),
    ("calc-lb-cost", "lcus", "total"),
    ("calc-athena-cost", "tb", "query_cost"),
    ("calc-serverless-backend-cost", "requests", "total"),
    ("calc-multiregion-cost", "api_requests", "total"),
    ("calc-security-cost", "checks", "metered_total"),
    ("calc-modernization-tco", "one_time", "first_year"),
    ("calc-bigdata-cost", "dpu_hours", "plan_corrected"),
    ("calc-cicd-cost", "build_minutes", "total"),
    ("calc-cloudfront-invalidation", "paths", "total"),
    ("calc-kinesis-shards", "records_per_s", "shards"),
]


@pytest.mark.parametrize(("id", "name", "output"), GROWING)
@given(one=st.integers(0, 10**6), more=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_more_in_never_gives_less_out(id: str, name: str, output: str, one: int, more: int) -> None:
    of = CALCULATORS[id]
    taken = next(each for each in of.inputs if each.name == name)
    amounts = [min(max(amount, int(taken.least) + 1), int(taken.most)) for amount in (one, one + more)]
    values = [of.run({name: str(amount)}).value(output) for amount in amounts]
    assert all(isinstance(value, Decimal) for value in values)
    assert values[0] <= values[1]  # type: ignore[operator]


@given(mbps=st.integers(1, 10**6), more=st.integers(1, 10**6))
@settings(max_examples=25, deadline=None)
def test_a_wider_link_is_faster(mbps: int, more: int) -> None:
    of = find("transfer-time")
    slow, fast = (of.run({"mbps": str(each)}).value("days") for each in (mbps, mbps + more))
    assert fast < slow  # type: ignore[operator]


@given(rpo=st.integers(0, 5_000), rto=st.integers(0, 5_000), looser=st.integers(0, 5_000))
@settings(max_examples=50, deadline=None)
def test_looser_objectives_never_cost_more(rpo: int, rto: int, looser: int) -> None:
    of = find("dr-strategy")
    strict = of.run({"rpo": f"{rpo}m", "rto": f"{rto}m"}).value("share_percent")
    loose = of.run({"rpo": f"{rpo + looser}m", "rto": f"{rto + looser}m"}).value("share_percent")
    assert loose <= strict  # type: ignore[operator]


@given(prefix=st.integers(16, 28))
def test_a_subnet_loses_five_addresses(prefix: int) -> None:
    answer = find("cidr").run({"subnets": f"10.0.0.0/{prefix}"})
    assert answer.value("usable_total") == 2 ** (32 - prefix) - 5


@pytest.mark.parametrize("asked", ["lambda-cost", "calc-lambda-cost"])
def test_the_prefix_may_be_left_out(asked: str) -> None:
    assert find(asked).id == "calc-lambda-cost"


def test_an_unknown_calculator_is_refused_with_a_near_one() -> None:
    with pytest.raises(Refusal, match="did you mean calc-nat-cost"):
        find("nat-cots")
