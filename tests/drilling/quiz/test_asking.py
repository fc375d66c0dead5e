"""How answers are judged."""

from __future__ import annotations

import pytest

from foulweather.drilling.quiz.asking import Asked, Unclear
from foulweather.drilling.quiz.questions import Option, Question, every, with_id
from foulweather.drilling.quiz.shuffling import shuffled


def asked(name: str, seed: str = "0") -> Asked:
    question = with_id(name)
    assert question is not None
    return Asked(question, seed)


@pytest.mark.parametrize("question", every(), ids=lambda question: question.id)
def test_the_solution_of_each_question_is_judged_right(question: Question) -> None:
    for seed in "01234567":
        one = Asked(question, seed)
        assert one.judge(one.solution).is_right
        assert one.judge(one.solution.lower()).is_right


@pytest.mark.parametrize("question", every(), ids=lambda question: question.id)
def test_each_wrong_option_is_judged_wrong(question: Question) -> None:
    one = Asked(question, "0")
    for option in question.options:
        if not option.is_right:
            answer = one.letters((option,)) if one.options else option.text
            verdict = one.judge(answer)
            assert not verdict.is_right
            assert verdict.named == (option,)


def test_a_multiple_choice_needs_all_and_only_the_right_ones() -> None:
    one = asked("exit-137")
    assert one.judge(one.solution[::-1]).is_right
    assert one.judge(", ".join(one.solution)).is_right
    assert not one.judge(one.solution[0]).is_right
    assert not one.judge("ABCDE").is_right


def test_an_order_is_right_in_one_order_only() -> None:
    one = asked("dr-strategies")
    assert one.judge(">".join(one.solution)).is_right
    assert not one.judge(one.solution[::-1]).is_right


def test_an_order_is_never_shown_in_order() -> None:
    for seed in range(200):
        one = asked("dr-strategies", str(seed))
        assert one.options != one.question.right
        assert set(one.options) == set(one.question.right)


@pytest.mark.parametrize("answer", ["122", "122.85", "$123", "124 dollars", " 123 "])
def test_a_number_within_its_tolerance_is_right(answer: str) -> None:
    assert asked("nat-cost").judge(answer).is_right


@pytest.mark.parametrize("answer", ["121.9", "124.1", "0", "123000"])
def test_a_number_beyond_its_tolerance_is_wrong(answer: str) -> None:
    assert not asked("nat-cost").judge(answer).is_right


def test_thousands_may_be_separated() -> None:
    assert asked("sqs-properties").judge("1,024 KiB").is_right
    assert asked("usage-plan-vs-account").judge("10_000").is_right


@pytest.mark.parametrize("answer", ["aurora", "Amazon Aurora", " AURORA. "])
def test_a_word_is_right_in_any_case(answer: str) -> None:
    assert asked("rds-vs-aurora").judge(answer).is_right
    assert not asked("rds-vs-aurora").judge("Oracle").is_right


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sg-vs-nacl", ""),
        ("sg-vs-nacl", "E"),
        ("sg-vs-nacl", "AB"),
        ("sg-vs-nacl", "1"),
        ("sg-vs-nacl", "Ä"),
        ("exit-137", "AA"),
        ("exit-137", "AZ"),
        ("dr-strategies", "ABC"),
        ("nat-cost", "much"),
        ("nat-cost", "123 euros"),
        ("nat-cost", "1e400"),
        ("rds-vs-aurora", " .. "),
        ("rds-vs-aurora", "x" * 201),
    ],
)
def test_what_is_no_answer_is_not_judged(name: str, answer: str) -> None:
    with pytest.raises(Unclear):
        asked(name).judge(answer)


def test_the_same_seed_gives_the_same_order_and_others_give_others() -> None:
    orders = [asked("vpc-components", str(seed)).options for seed in range(20)]
    assert orders[3] == asked("vpc-components", "3").options
    assert len(set(orders)) > 10


def test_the_right_letter_moves_about() -> None:
    letters = [asked("sg-vs-nacl", str(seed)).solution for seed in range(40)]
    assert set(letters) == {"A", "B", "C", "D"}


def test_options_of_a_number_are_not_shown_before_the_answer() -> None:
    assert asked("nat-cost").lettered == ()


def test_shuffling_keeps_everything() -> None:
    assert sorted(shuffled("abcdef", str, "seed")) == list("abcdef")
    assert shuffled("abcdef", str, "1") != shuffled("abcdef", str, "2")


def test_letters_are_those_shown() -> None:
    one = Option("one", "because", is_right=True)
    two = Option("two", "because not", is_right=False)
    question = Question("q", "t", "foundation", ("s",), "single", "?", (one, two), "f", ())
    shown = Asked(question, "x")
    assert dict(shown.lettered)[shown.letters((one,))] == one
