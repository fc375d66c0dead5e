"""Every question is well formed, and none of the catalogue's is missing."""

from __future__ import annotations

import re
from decimal import Decimal
from urllib.parse import urlsplit

import msgspec
import pytest

from foulweather.drilling.quiz.questions import CHOSEN, LEVELS, Question, chosen, every, read, topics, with_id

IDS = [
    "oac-vs-oai",
    "r53-routing-policies",
    "edge-functions-vs-lambda-edge",
    "alias-vs-cname",
    "cdn-comparison",
    "invalidation-vs-versioning",
    "request-validation",
    "rest-vs-http-api",
    "usage-plan-vs-account",
    "id-vs-access-token",
    "sync-vs-async-stepfunctions",
    "502-vs-504-vs-500",
    "lambda-vpc-internet",
    "lambda-limits",
    "lambda-concurrency-types",
    "vpc-components",
    "sg-vs-nacl",
    "rds-proxy-failover",
    "rds-vs-aurora",
    "multi-az-vs-read-replica",
    "redis-vs-memcached",
    "load-balancers",
    "ebs-efs-s3",
    "ec2-purchase-options",
    "instance-families",
    "ec2-bottlenecks",
    "cfn-vs-cdk",
    "ddb-hot-partition",
    "ddb-modeling",
    "s3-storage-classes",
    "messaging-choice",
    "visibility-6x",
    "sqs-properties",
    "exit-137",
    "ecs-vs-eks",
    "fargate-tradeoffs",
    "metrics-vs-insights",
    "anomaly-vs-static",
    "event-selectors-cost",
    "observability-tools",
    "iam-roles-vs-users",
    "iam-concepts",
    "scp-effect",
    "deployment-strategies",
    "test-pyramid",
    "cicd-tools",
    "branching",
    "nat-cost",
    "cost-strategies",
    "hybrid-options",
    "analytics-services",
    "dr-strategies",
    "well-architected",
    "serverless-tradeoffs",
    "container-vs-vm",
    "docker-networks",
    "k8s-architecture",
    "k8s-objects",
    "k8s-service-types",
    "mtls-vs-oauth",
    "wsgi-asgi",
    "multi-stage-build",
    "antipatterns-vpc",
    "antipatterns-rds",
    "antipatterns-cdn",
    "antipatterns-messaging",
    "antipatterns-api",
    "antipatterns-monitoring",
    "antipatterns-iam",
    "antipatterns-cicd",
    "antipatterns-cost",
    "rds-ha-options",
    "secrets-vs-parameters",
    "pitfalls-multiregion",
    "pitfalls-security",
    "pitfalls-modernization",
    "pitfalls-bigdata",
    "pitfalls-cicd",
]

OFFICIAL = {
    "docs.aws.amazon.com",
    "aws.amazon.com",
    "kubernetes.io",
    "docs.docker.com",
    "docs.github.com",
    "www.jenkins.io",
    "datatracker.ietf.org",
    "peps.python.org",
    "asgi.readthedocs.io",
    "fastapi.tiangolo.com",
    "trunkbaseddevelopment.com",
    "dora.dev",
}
CORRECTED = {
    # What was commonly taught about these was wrong or is outdated: the question says what changed.
    "quiz-id-vs-access-token",
    "quiz-rds-proxy-failover",
    "quiz-rds-vs-aurora",
    "quiz-load-balancers",
    "quiz-ec2-purchase-options",
    "quiz-sqs-properties",
    "quiz-invalidation-vs-versioning",
    "quiz-visibility-6x",
    "quiz-ddb-hot-partition",
    "quiz-ecs-vs-eks",
    "quiz-hybrid-options",
}
TEXT_MAX, OPTION_MAX, WHY_MAX, FACT_MAX = 400, 160, 280, 480

each = pytest.mark.parametrize("question", every(), ids=lambda question: question.id)


def test_all_seventy_eight_are_there_once() -> None:
    assert len(IDS) == 78
    assert sorted(question.id for question in every()) == sorted(f"quiz-{name}" for name in IDS)


@each
def test_the_answer_is_among_the_options(question: Question) -> None:
    wrong = [option for option in question.options if not option.is_right]
    assert question.right
    if question.kind in ("single", "number", "word"):
        assert len(question.right) == 1
    if question.kind == "order":
        assert not wrong
        assert len(question.right) >= 3
    else:
        assert wrong
    if question.kind == "multiple":
        assert len(question.right) >= 2
    if question.kind in CHOSEN:
        assert 3 <= len(question.options) <= 9


@each
def test_each_option_is_explained_and_none_is_twice(question: Question) -> None:
    for option in question.options:
        assert option.text.strip() == option.text
        assert 0 < len(option.text) <= OPTION_MAX, option.text
        assert 10 <= len(option.why) <= WHY_MAX, option.why
        assert option.why.endswith((".", "?", "!"))
    texts = [re.sub(r"\W", "", option.text.casefold()) for option in question.options]
    assert len(set(texts)) == len(texts)
    whys = [option.why for option in question.options]
    assert len(set(whys)) == len(whys)


@each
def test_texts_have_a_length_that_is_read(question: Question) -> None:
    assert 30 <= len(question.text) <= TEXT_MAX
    assert 30 <= len(question.fact) <= FACT_MAX
    assert len(question.changed) <= FACT_MAX
    assert question.level in LEVELS
    assert question.services
    everything = [question.text, question.fact, question.changed]
    everything += [text for option in question.options for text in (option.text, option.why)]
    assert all(text.isascii() for text in everything)


@each
def test_sources_are_pages_of_those_who_made_it(question: Question) -> None:
    assert question.sources
    assert len(set(question.sources)) == len(question.sources)
    for source in question.sources:
        parts = urlsplit(source)
        assert parts.scheme == "https"
        assert parts.hostname in OFFICIAL, source
    of_aws = {"docker", "kubernetes", "python"}.isdisjoint(question.services)
    if of_aws:
        assert any("aws.amazon.com" in source for source in question.sources)


@each
def test_what_is_typed_can_be_judged(question: Question) -> None:
    assert (question.kind == "number") == bool(question.unit)
    assert not question.accepts or question.kind == "word"
    if question.kind == "number":
        right = Decimal(question.right[0].text)
        tolerance = Decimal(question.tolerance)
        assert tolerance >= 0
        others = [Decimal(option.text) for option in question.options if not option.is_right]
        assert all(abs(other - right) > tolerance for other in others)
    else:
        assert question.tolerance == "0"


def test_what_was_taught_wrongly_says_what_changed() -> None:
    assert {question.id for question in every() if question.changed} >= CORRECTED


def test_the_longest_option_is_not_always_the_right_one() -> None:
    single = [question for question in every() if question.kind == "single"]
    longest = [max(question.options, key=lambda option: len(option.text)).is_right for question in single]
    assert sum(longest) <= len(longest) // 2


def test_every_kind_level_and_topic_is_used() -> None:
    assert {question.kind for question in every()} == {"single", "multiple", "order", "number", "word"}
    assert {question.level for question in every()} == set(LEVELS)
    assert len(topics(every())) == 13


def test_questions_are_chosen_by_topic_service_and_level() -> None:
    found = list(chosen("messaging", "sqs", "foundation"))
    assert {question.id for question in found} == {"quiz-messaging-choice", "quiz-sqs-properties"}
    assert len(list(chosen())) == 78


def test_a_question_is_found_with_and_without_its_prefix() -> None:
    assert with_id("sg-vs-nacl") is with_id("quiz-sg-vs-nacl") is not None
    assert with_id("no-such") is None


def test_a_misspelt_member_is_refused() -> None:
    written = 'topic = "t"\n[[question]]\nid = "quiz-x"\nlevel = "foundation"\nservices = []\nkind = "single"\n'
    written += 'text = "?"\nright = [["a", "b"]]\nfact = "f"\nsources = []\n'
    assert read(written)[0].right[0].text == "a"
    with pytest.raises(msgspec.ValidationError, match="wrnog"):
        read(written + "wrnog = []\n")
    with pytest.raises(msgspec.ValidationError):
        read(written.replace("foundation", "guru"))
