"""The quiz as it is shown: questions, explanations, standings, for people and as JSON."""

from __future__ import annotations

import textwrap
from datetime import date
from typing import Any

from foulweather.cli.style import PLAIN_WIDTH, Style
from foulweather.drilling.quiz.asking import Asked, Verdict
from foulweather.drilling.quiz.questions import Option, Question
from foulweather.drilling.quiz.record import Answers
from foulweather.drilling.quiz.standing import Standing

WIDTH_MIN = 40
BAR = 14
LEVELS = "▁▂▃▄▅▆▇█"


def facts(question: Question) -> dict[str, Any]:
    """What can be told of a question before it is asked."""
    return {
        "id": question.id,
        "topic": question.topic,
        "level": question.level,
        "services": list(question.services),
        "kind": question.kind,
        "question": question.text,
    }


def put(asked: Asked) -> dict[str, Any]:
    """A question as it is put, without its answer."""
    options = [{"letter": letter, "text": option.text} for letter, option in asked.lettered]
    shown = {"options": options, "hint": asked.hint, "seed": asked.seed}
    return facts(asked.question) | shown | ({"unit": asked.question.unit} if asked.question.unit else {})


def judged(asked: Asked, verdict: Verdict, answer: str, after: Answers) -> dict[str, Any]:
    """A verdict, and all that explains it."""
    question = asked.question
    letters = {option: letter for letter, option in asked.lettered}
    options = asked.options or question.options
    explained = [
        {"letter": letters.get(option, ""), "text": option.text, "is_right": option.is_right, "why": option.why}
        for option in options
    ]
    progress = after.of(question)
    return {
        "id": question.id,
        "is_right": verdict.is_right,
        "answer": answer,
        "solution": asked.solution,
        "options": explained,
        "fact": question.fact,
        "changed": question.changed,
        "sources": list(question.sources),
        "box": progress.box,
        "due": str(progress.due or ""),
    }


def standing(one: Standing) -> dict[str, Any]:
    """How somebody stands in a topic."""
    return one._asdict() | {"next_due": str(one.next_due or ""), "boxes": list(one.boxes)}


def listed(questions: list[Question], style: Style) -> str:
    """The questions, one a line."""
    widest = max(len(question.id) for question in questions)
    lines = [
        f"{question.id:{widest}}  {question.level:12}  {question.topic:13}  {style.faint(' '.join(question.services))}"
        for question in questions
    ]
    return "\n".join([*lines, "", f"{len(questions)} questions. Be asked one with: foulweather quiz ask ID"])


def posed(asked: Asked, number: int, count: int, style: Style) -> str:
    """A question with its options."""
    question = asked.question
    dot = f" {style.dot} "
    head = f"{number} of {count}{dot}{question.topic}{dot}{question.level}{dot}{' '.join(question.services)}"
    lines = [style.faint(head), *(style.strong(line) for line in _wrapped(question.text, style)), ""]
    for letter, option in asked.lettered:
        lines += _wrapped(option.text, style, f"  {letter}  ", "     ")
    if asked.lettered:
        lines.append("")
    return "\n".join([*lines, style.faint(f"Answer with {asked.hint}.")])


def explained(asked: Asked, verdict: Verdict, after: Answers, style: Style) -> str:
    """The verdict, why each option is right or wrong, the fact, where it is documented, and when it comes back."""
    question = asked.question
    if verdict.is_right:
        lines = [style.good(f"{style.tick} Right: {asked.solution}")]
    else:
        lines = [style.bad(f"{style.cross} Wrong.") + f" Right is {style.strong(asked.solution)}."]
    letters = {option: letter for letter, option in asked.lettered}
    order = question.right if question.kind == "order" else asked.options or question.options
    for option in order:
        remark = _remark(question, option, verdict)
        lines += _option(option, letters.get(option, ""), remark, style)
    lines += ["", *_wrapped(question.fact, style)]
    if question.changed:
        lines += ["", *_wrapped(f"What has changed: {question.changed}", style)]
    lines += ["", *(style.command(source) for source in question.sources)]
    progress = after.of(question)
    if progress.due is not None:
        lines += ["", style.faint(f"Box {progress.box} of 7, due again on {progress.due}.")]
    return "\n".join(lines)


def score(right: int, answered: int, count: int, style: Style) -> str:
    """How it went."""
    left = f", {count - answered} left out" if answered < count else ""
    told = f"{right} of {answered} right{left}."
    return style.good(told) if right == count else style.strong(told)


def due(questions: list[Question], dates: dict[str, date | None], answers: Answers, today: date, style: Style) -> str:
    """What is due, or what comes next."""
    if questions:
        lines = [f"{dates[question.id]}  {question.id}  {style.faint(question.topic)}" for question in questions]
        return "\n".join([*lines, "", f"{len(questions)} due. Be asked them with: foulweather quiz ask --due"])
    later = [progress.due for progress in answers.questions.values() if progress.due and progress.due > today]
    if later:
        return f"Nothing is due. The next question comes back on {min(later)}."
    return "Nothing is due: nothing was asked yet."


def stood(found: list[Standing], today: date, style: Style) -> str:
    """The topics as a table, and all of them together."""
    head = f"{'topic':14} {'seen':>7}  {'right':>5}  {'streak':>6}  {'due':>3}  {'next due':10}  boxes"
    lines = [style.strong(head)]
    for one in found:
        share = f"{100 * one.right // one.answers} %" if one.answers else "-"
        when = str(one.next_due or "-") if one.next_due is None or one.next_due > today else "now"
        row = f"{one.topic:14} {one.seen:>3}/{one.questions:<3}  {share:>5}  {one.streak:>6}  {one.due:>3}  {when:10}"
        lines.append(f"{row}  {_bar(one.mastery_percent, style)} {_sparkline(one.boxes, style)}".rstrip())
    answers, right = sum(one.answers for one in found), sum(one.right for one in found)
    seen, questions = sum(one.seen for one in found), sum(one.questions for one in found)
    share = f", {100 * right // answers} % of {answers} answers right" if answers else ""
    told = f"{seen} of {questions} questions seen{share}, {sum(one.due for one in found)} due."
    legend = "The bar: how far through the boxes. After it: questions never asked, then in boxes 1 to 7."
    return "\n".join([*lines, "", told, style.faint(legend)])


def _remark(question: Question, option: Option, verdict: Verdict) -> str:
    if option in verdict.named and not option.is_right:
        return " (your answer)"
    is_missed = question.kind == "multiple" and option.is_right and option not in verdict.named
    return " (missed)" if is_missed else ""


def _option(option: Option, letter: str, remark: str, style: Style) -> list[str]:
    mark = style.tick if option.is_right else style.cross
    head = f"{letter}  " if letter else ""
    first, *more = _wrapped(f"{option.text}{remark}", style, f"  {mark} {head}", "       ")
    paint = style.good if option.is_right else style.faint
    why = _wrapped(option.why, style, "       ", "       ")
    return [paint(first), *map(paint, more), *why]


def _wrapped(text: str, style: Style, first: str = "", further: str = "") -> list[str]:
    width = max(WIDTH_MIN, min(style.width, PLAIN_WIDTH))
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def _bar(percent: int, style: Style) -> str:
    full, empty = ("█", "░") if style.is_unicode else ("#", "-")
    filled = percent * BAR // 100
    return style.good(full * filled) + style.faint(empty * (BAR - filled))


def _sparkline(boxes: tuple[int, ...], style: Style) -> str:
    if not style.is_unicode:
        return " ".join(map(str, boxes))
    most = max(max(boxes), 1)
    return "".join(LEVELS[count * (len(LEVELS) - 1) // most] if count else " " for count in boxes)
