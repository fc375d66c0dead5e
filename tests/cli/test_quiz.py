"""The quiz at the command line: asked, judged, explained, remembered."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from foulweather.cli import quiz
from foulweather.cli.main import main
from foulweather.drilling.quiz.asking import Asked
from foulweather.drilling.quiz.questions import every, with_id

DAY = date(2026, 3, 1)


class Said(NamedTuple):
    status: int
    out: str
    err: str


class Stream(io.TextIOWrapper):
    """A stream with an encoding that says whether it is a terminal."""

    def __init__(self, text: str = "", *, is_terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(text.encode()), encoding=encoding, newline="")
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal

    @property
    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


class Learner:
    """Somebody at a terminal, with a state directory and a date."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.record = home / "foulweather" / "quiz.json"
        self.patch = patch
        self.day(DAY)

    def day(self, day: date) -> None:
        self.patch.setattr(quiz, "today", lambda: day)

    def run(self, *arguments: str, typed: str = "", is_terminal: bool = False, encoding: str = "utf-8") -> Said:
        out, err = Stream(is_terminal=is_terminal, encoding=encoding), Stream()
        self.patch.setattr(sys, "stdin", Stream(typed, is_terminal=is_terminal))
        with redirect_stdout(out), redirect_stderr(err):
            try:
                status = main(["quiz", *arguments])
            except SystemExit as end:
                status = int(end.code or 0)
        return Said(status, out.text, err.text)

    def json(self, *arguments: str, status: int = 0) -> Any:
        said = self.run(*arguments, "--json")
        assert said.status == status, said
        return json.loads(said.out)


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Learner]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Learner(tmp_path, monkeypatch)


def solution(name: str, seed: str = "0") -> str:
    question = with_id(name)
    assert question is not None
    return Asked(question, seed).solution


def a_wrong_letter(name: str, seed: str = "0") -> str:
    return next(letter for letter in "ABCD" if letter != solution(name, seed))


def test_all_questions_are_listed(learner: Learner) -> None:
    said = learner.run("list")
    assert said.status == 0
    assert said.out.count("quiz-") == 78
    assert len(learner.json("list")["questions"]) == 78


def test_a_list_is_narrowed(learner: Learner) -> None:
    found = learner.json("list", "--topic", "messaging", "--service", "sqs", "--level", "practitioner")["questions"]
    assert {question["id"] for question in found} == {"quiz-visibility-6x", "quiz-antipatterns-messaging"}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("list", "--topic", "cooking"), "There are: api,"),
        (("list", "--level", "guru"), "foundation, practitioner, expert"),
        (("list", "--service", "frobnicator"), "There are: apigateway,"),
        (("list", "--topic", "edge", "--service", "sqs"), "all of that"),
        (("ask", "sg-vs-nalc"), "did you mean quiz-sg-vs-nacl"),
        (("answer", "xyzzy", "A"), "no question 'xyzzy'"),
        (("ask", "--answer", "A"), "give its ID"),
        (("ask", "sg-vs-nacl", "--count", "2"), "one question"),
        (("ask", "--count", "0"), "above 0"),
        (("answer", "sg-vs-nacl", "Z"), "one letter"),
        (("answer", "nat-cost", "lots"), "a number"),
        (("reset", "--topic", "cooking", "--yes"), "no topic"),
        (("reset",), "say --yes"),
        (("stand",), "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_status_2_and_changes_nothing(
    learner: Learner, arguments: tuple[str, ...], why: str
) -> None:
    said = learner.run(*arguments)
    assert said.status == 2
    assert why in said.err
    assert not learner.record.exists()


def test_a_question_is_printed_without_its_answer(learner: Learner) -> None:
    (question,) = learner.json("ask", "quiz-sg-vs-nacl")["questions"]
    assert set(question) == {
        "id", "topic", "level", "services", "kind", "question", "options", "hint", "seed"
    }  # fmt: skip
    assert [option["letter"] for option in question["options"]] == list("ABCD")
    assert all(set(option) == {"letter", "text"} for option in question["options"])
    assert not learner.record.exists()


def test_no_printed_question_gives_its_answer_away(learner: Learner) -> None:
    told = learner.run("ask", "--count", "78", "--json").out
    for question in every():
        assert question.fact not in told
        assert all(option.why not in told for option in question.options)
    (number,) = learner.json("ask", "nat-cost")["questions"]
    assert number["options"] == []
    assert number["unit"] == "dollars"


def test_a_script_learns_right_from_wrong_by_the_status(learner: Learner) -> None:
    right = learner.json("answer", "sg-vs-nacl", solution("sg-vs-nacl"))
    assert right["is_right"] is True
    assert (right["box"], right["due"]) == (1, "2026-03-02")
    wrong = learner.json("answer", "alias-vs-cname", a_wrong_letter("alias-vs-cname"), status=1)
    assert wrong["is_right"] is False
    assert wrong["solution"] == solution("alias-vs-cname")
    assert all(option["why"] for option in wrong["options"])
    assert wrong["fact"]
    assert wrong["sources"][0].startswith("https://")
    assert "health" in wrong["changed"]


def test_the_letters_that_are_printed_are_those_that_are_judged(learner: Learner) -> None:
    for round_number in range(4):
        (question,) = learner.json("ask", "sg-vs-nacl")["questions"]
        assert question["seed"] == str(round_number)
        letter = next(option["letter"] for option in question["options"] if "network ACL" in option["text"])
        assert learner.json("answer", "sg-vs-nacl", letter)["is_right"]


def test_a_seed_fixes_the_letters(learner: Learner) -> None:
    first = learner.json("ask", "vpc-components", "--seed", "x")
    learner.run("answer", "vpc-components", "A", "--seed", "x")
    assert learner.json("ask", "vpc-components", "--seed", "x") == first
    assert learner.run("answer", "vpc-components", solution("vpc-components", "x"), "--seed", "x").status == 0


def test_ask_with_an_answer_judges_it(learner: Learner) -> None:
    said = learner.run("ask", "quiz-sqs-properties", "--answer", "256")
    assert said.status == 1
    assert "Right is 1024 KiB" in said.out
    assert "256 (your answer)" in said.out
    assert "What has changed: The maximum message size" in said.out


def test_nothing_is_written_with_no_record(learner: Learner) -> None:
    assert learner.run("answer", "nat-cost", "123", "--no-record").status == 0
    assert not learner.record.exists()


def test_a_session_asks_explains_and_scores(learner: Learner) -> None:
    said = learner.run("ask", "sg-vs-nacl", typed=f"{solution('sg-vs-nacl')}\n", is_terminal=True)
    assert said.status == 0
    assert "1 of 1 · network · practitioner · ec2" in said.out
    assert "Right" in said.out
    assert "https://docs.aws.amazon.com/vpc/" in said.out
    assert "1 of 1 right." in said.out
    assert "\x1b[32m" in said.out


def test_a_wrong_answer_in_a_session_is_status_1(learner: Learner) -> None:
    said = learner.run("ask", "sg-vs-nacl", typed=f"{a_wrong_letter('sg-vs-nacl')}\n")
    assert said.status == 1
    assert "(your answer)" in said.out
    assert "0 of 1 right." in said.out


def test_what_is_missed_is_said(learner: Learner) -> None:
    said = learner.run("answer", "exit-137", solution("exit-137")[0])
    assert said.status == 1
    assert said.out.count("(missed)") == 1


def test_what_is_no_answer_is_asked_again(learner: Learner) -> None:
    said = learner.run("ask", "sg-vs-nacl", typed=f"\nfive\nAB\n{solution('sg-vs-nacl')}\n")
    assert said.status == 0
    assert said.out.count("s skips, q ends") == 3
    assert json.loads(learner.record.read_text())["questions"]["quiz-sg-vs-nacl"]["seen"] == 1


def test_skipping_and_ending_leave_questions_out(learner: Learner) -> None:
    said = learner.run("ask", "--topic", "edge", "--count", "3", typed="s\nq\n", is_terminal=True)
    assert said.status == 1
    assert "0 of 0 right, 3 left out." in said.out
    assert not learner.record.exists()


def test_the_end_of_input_ends_the_session(learner: Learner) -> None:
    first = learner.json("ask", "--topic", "edge", "--count", "2")["questions"][0]["id"]
    said = learner.run("ask", "--topic", "edge", "--count", "2", typed=f"{solution(first)}\n")
    assert said.status == 1
    assert "1 of 1 right, 1 left out." in said.out


def test_where_nobody_can_answer_scripts_are_told_how(learner: Learner) -> None:
    said = learner.run("ask", "--count", "1")
    assert said.status == 2
    assert "--answer" in said.err


def test_questions_come_back_on_their_day(learner: Learner) -> None:
    assert "nothing was asked yet" in learner.run("due").out
    learner.run("answer", "nat-cost", "123")
    assert "comes back on 2026-03-02" in learner.run("due").out
    assert learner.json("due") == {"due": []}
    assert learner.run("ask", "--due").out == "Nothing is due.\n"
    learner.day(date(2026, 3, 2))
    (found,) = learner.json("due")["due"]
    assert (found["id"], found["due"]) == ("quiz-nat-cost", "2026-03-02")
    said = learner.run("ask", "--due", typed="123\n")
    assert said.status == 0
    assert "Box 2 of 7, due again on 2026-03-04." in said.out


def test_what_is_due_is_asked_before_what_is_new(learner: Learner) -> None:
    learner.run("answer", "nat-cost", "1")
    learner.day(date(2026, 3, 9))
    asked = learner.json("ask", "--count", "3")["questions"]
    assert asked[0]["id"] == "quiz-nat-cost"
    assert len(asked) == 3


def test_without_a_count_ten_are_asked(learner: Learner) -> None:
    assert len(learner.json("ask")["questions"]) == 10


def test_stats_show_each_topic(learner: Learner) -> None:
    learner.run("answer", "nat-cost", "123")
    learner.run("answer", "sqs-properties", "256")
    told = learner.json("stats")
    assert told["record"] == str(learner.record)
    topics = {one["topic"]: one for one in told["topics"]}
    assert sum(one["questions"] for one in topics.values()) == 78
    assert topics["cost"] | {"boxes": None} == {
        "topic": "cost", "questions": 4, "seen": 1, "answers": 1, "right": 1, "streak": 1, "due": 0,
        "next_due": "2026-03-02", "mastery_percent": 3, "boxes": None,
    }  # fmt: skip
    assert topics["messaging"]["streak"] == 0
    learner.day(date(2026, 3, 5))
    shown = learner.run("stats").out
    assert "2 of 78 questions seen, 50 % of 2 answers right, 2 due." in shown
    assert any(line.startswith("cost") and "100 %" in line and "now" in line for line in shown.splitlines())


def test_reset_keeps_the_old_record_beside_the_new(learner: Learner) -> None:
    learner.run("answer", "nat-cost", "123")
    before = learner.record.read_text()
    said = learner.run("reset", typed="n\n", is_terminal=True)
    assert said.status == 1
    assert learner.record.read_text() == before
    assert learner.run("reset", typed="y\n", is_terminal=True).status == 0
    assert not learner.record.exists()
    assert learner.record.with_name("quiz.json.before-reset").read_text() == before


def test_reset_of_a_topic_forgets_only_that(learner: Learner) -> None:
    learner.run("answer", "nat-cost", "123")
    learner.run("answer", "sqs-properties", "1024")
    assert learner.run("reset", "--topic", "cost", "--yes").status == 0
    assert set(json.loads(learner.record.read_text())["questions"]) == {"quiz-sqs-properties"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask",),
        ("ask", "nat-cost", "--json"),
        ("answer", "nat-cost", "123"),
        ("due",),
        ("stats",),
        ("reset", "--topic", "cost", "--yes"),
    ],
)
def test_a_broken_record_is_refused_with_a_status_of_its_own_and_kept(
    learner: Learner, arguments: tuple[str, ...]
) -> None:
    learner.record.parent.mkdir(parents=True)
    learner.record.write_text('{"version": 1, "questions": {"quiz-nat-cost": {"box": 12}}}')
    before = learner.record.read_text()
    said = learner.run(*arguments, typed="123\n")
    assert said.status == 5
    assert "the box 12 does not exist" in said.err
    assert "left as it is" in said.err
    assert "quiz reset --yes" in said.err
    assert learner.record.read_text() == before


def test_reset_puts_a_broken_record_aside(learner: Learner) -> None:
    learner.record.parent.mkdir(parents=True)
    learner.record.write_text("nonsense")
    assert learner.run("reset", "--yes").status == 0
    assert learner.record.with_name("quiz.json.before-reset").read_text() == "nonsense"
    assert learner.run("stats").status == 0


def test_a_record_that_cannot_be_written_is_status_5(learner: Learner) -> None:
    learner.record.parent.parent.joinpath("foulweather").write_text("a file where a directory belongs")
    said = learner.run("answer", "nat-cost", "123")
    assert said.status == 5
    assert "quiz.json" in said.err


def test_no_colour_when_asked_for_or_piped(learner: Learner) -> None:
    typed = f"{solution('sg-vs-nacl')}\n"
    assert "\x1b" not in learner.run("ask", "sg-vs-nacl", "--no-color", typed=typed, is_terminal=True).out
    assert "\x1b" not in learner.run("stats").out
    assert "\x1b" not in learner.run("list").out


@pytest.mark.parametrize("columns", [50, 80, 200])
def test_lines_fit_the_terminal(learner: Learner, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    said = learner.run("ask", "--count", "5", "--no-color", "--seed", "s", typed="zz\ns\n" * 5, is_terminal=True)
    widest = max(len(line) for line in said.out.splitlines() if line.startswith("  "))
    assert widest <= min(columns, 100)


def test_a_terminal_without_unicode_gets_ascii(learner: Learner) -> None:
    learner.run("answer", "nat-cost", "123")
    for arguments in (("stats",), ("answer", "nat-cost", "1"), ("list",)):
        assert learner.run(*arguments, encoding="ascii").out.isascii()


def test_today_is_a_date_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foulweather.world.clock.wall_ms", lambda: 1_772_366_400_000)
    assert abs((quiz.today() - date(2026, 3, 1)).days) <= 1


def test_help_tells_the_status_codes(learner: Learner) -> None:
    for arguments in (("--help",), ("ask", "--help"), ("answer", "--help")):
        told = learner.run(*arguments).out
        assert "1 one was answered wrong or left out" in told
        assert "5 the record of answers" in told
