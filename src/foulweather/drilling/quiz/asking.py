"""Putting a question, and judging the answer to it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from foulweather.drilling.quiz.questions import CHOSEN, Option, Question
from foulweather.drilling.quiz.shuffling import shuffled

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ANSWER_CHARACTERS_MAX = 200
_SEPARATORS = re.compile(r"[\s,;>]+")
_NUMBER = re.compile(r"[$€]?\s*(\d[\d,_]*(?:\.\d+)?|\.\d+)\s*(.*)")


class Unclear(Exception):
    """Not an answer to this question: it is asked again, and nothing is written down."""


class Verdict(NamedTuple):
    """Whether an answer is right, and which of the options it named."""

    is_right: bool
    named: tuple[Option, ...]


class Asked:
    """A question as it is put: its options in the order of a seed, each with a letter."""

    def __init__(self, question: Question, seed: str) -> None:
        self.question = question
        self.seed = seed
        options = question.options if question.kind in CHOSEN else ()
        self.options = tuple(shuffled(options, lambda option: option.text, f"{seed}\0{question.id}"))
        if question.kind == "order" and self.options == question.right and len(self.options) > 1:
            # Options that stand in the right order already would be no question.
            self.options = (*self.options[1:], self.options[0])

    @property
    def lettered(self) -> tuple[tuple[str, Option], ...]:
        """The options with their letters."""
        return tuple(zip(LETTERS, self.options, strict=False))

    def letters(self, options: tuple[Option, ...]) -> str:
        """The letters of some options, in the order given."""
        return "".join(LETTERS[self.options.index(option)] for option in options)

    @property
    def solution(self) -> str:
        """The right answer, as somebody would type it."""
        question = self.question
        if question.kind == "multiple":
            return "".join(sorted(self.letters(question.right)))
        if question.kind in CHOSEN:
            return self.letters(question.right)
        return f"{question.right[0].text} {question.unit}".strip()

    @property
    def hint(self) -> str:
        """How to answer."""
        question = self.question
        if question.kind == "single":
            return "one letter"
        if question.kind == "multiple":
            return "every letter that is right, like AC"
        if question.kind == "order":
            return "all letters in order, like CAB"
        return f"a number, in {question.unit}" if question.kind == "number" else "a word or two"

    def judge(self, answer: str) -> Verdict:
        """Judge an answer; raises `Unclear` where it is none."""
        if len(answer) > ANSWER_CHARACTERS_MAX:
            raise Unclear(f"An answer has at most {ANSWER_CHARACTERS_MAX} characters.")
        if self.question.kind == "number":
            return self._judge_number(answer)
        if self.question.kind == "word":
            return self._judge_word(answer)
        return self._judge_letters(answer)

    def _judge_letters(self, answer: str) -> Verdict:
        question = self.question
        letters = _SEPARATORS.sub("", answer).upper()
        last = LETTERS[len(self.options) - 1]
        if not letters or any(not "A" <= letter <= last for letter in letters):
            raise Unclear(f"Answer with {self.hint}, from A to {last}.")
        if len(set(letters)) < len(letters):
            raise Unclear("Name each letter once.")
        if question.kind == "single" and len(letters) != 1:
            raise Unclear("One option is right: answer with one letter.")
        if question.kind == "order" and len(letters) != len(self.options):
            raise Unclear(f"Put all {len(self.options)} letters in order.")
        named = tuple(self.options[LETTERS.index(letter)] for letter in letters)
        if question.kind == "order":
            return Verdict(named == question.right, named)
        return Verdict(set(named) == set(question.right), named)

    def _judge_number(self, answer: str) -> Verdict:
        question = self.question
        told, unit = _number(answer)
        if unit and _plain(unit) != _plain(question.unit):
            raise Unclear(f"Answer with {self.hint}.")
        named = tuple(option for option in question.options if _number(option.text)[0] == told)
        right, _ = _number(question.right[0].text)
        return Verdict(abs(told - right) <= Decimal(question.tolerance), named)

    def _judge_word(self, answer: str) -> Verdict:
        question = self.question
        told = _plain(answer)
        if not told:
            raise Unclear(f"Answer with {self.hint}.")
        named = tuple(option for option in question.options if _plain(option.text) == told)
        accepted = {_plain(word) for word in (question.right[0].text, *question.accepts)}
        return Verdict(told in accepted, named)


def _number(text: str) -> tuple[Decimal, str]:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise Unclear("Answer with a number.")
    try:
        return Decimal(found[1].replace(",", "").replace("_", "")), found[2]
    except InvalidOperation:
        raise Unclear("Answer with a number.") from None


def _plain(text: str) -> str:
    """What a word is compared by: letters and digits, whatever their case."""
    return "".join(character for character in text.casefold() if character.isalnum())
