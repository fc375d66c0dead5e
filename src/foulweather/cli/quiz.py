"""`quiz list|ask|answer|due|stats|reset`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from foulweather.cli.exits import FAILED, OK, USAGE, Stop
from foulweather.cli.parsing import Command, Commands, out

if TYPE_CHECKING:
    from foulweather.cli.style import Style
    from foulweather.drilling.quiz.asking import Asked, Verdict
    from foulweather.drilling.quiz.questions import Question
    from foulweather.drilling.quiz.record import Answers, Record

RIGHT = OK
WRONG = FAILED
NO_RECORD = 5
"""The record of answers cannot be read or written."""
COUNT = 10
STATUS = """
Of quizzes the exit status says: 0 every question was answered right; 1 one was answered wrong or left out;
2 the command line makes no sense, or what was given is no answer; 5 the record of answers cannot be read or
written. No server is needed, and nothing leaves this machine."""


def add(commands: Commands) -> None:
    """Declare the commands."""
    quiz = commands.group(
        "quiz",
        "Questions about what the drills show",
        "Questions with an explanation of every option and the pages of AWS's documentation behind it. They come back\n"
        "after 1, 2, 4, ... 64 days (the Leitner system); the record of answers is a file on this machine." + STATUS,
        "  foulweather quiz ask\n  foulweather quiz ask --topic network --count 5\n  foulweather quiz stats\n",
    )
    _add_list(quiz)
    _add_asking(quiz)
    due = quiz.add(
        "due",
        run_due,
        "What is to be asked again",
        "Shows the questions that were answered before and are due today, longest due first.",
        "  foulweather quiz due\n  foulweather quiz ask --due\n",
    )
    stats = quiz.add(
        "stats",
        run_stats,
        "How you stand",
        "Shows topic by topic how much was asked, the share of right answers, right answers in a row, what is due,\n"
        "and how far the questions have come through the seven boxes.",
        "  foulweather quiz stats\n  foulweather quiz stats --json\n",
    )
    reset = quiz.add(
        "reset",
        run_reset,
        "Forget the answers",
        "Begins the record anew; the old file is kept beside it, until the next reset. With --topic, only that\n"
        "topic's answers are forgotten.",
        "  foulweather quiz reset --yes\n  foulweather quiz reset --topic edge --yes\n",
    )
    reset.add_argument("--yes", action="store_true", help="do not ask")
    reset.add_argument("--topic", default="", metavar="TOPIC", help="only this topic")
    for parser in (due, stats, reset):
        _takes_no_colour(parser)


def _add_list(quiz: Commands) -> None:
    listed = quiz.add(
        "list",
        run_list,
        "Show the questions",
        "Shows the questions, one a line: id, level, topic, services.",
        "  foulweather quiz list\n  foulweather quiz list --topic messaging\n  foulweather quiz list --service rds\n",
    )
    _takes_choice(listed)
    _takes_no_colour(listed)


def _add_asking(quiz: Commands) -> None:
    ask = quiz.add(
        "ask",
        run_ask,
        "Be asked",
        "Asks one question at a time and explains the answer at once: what is due first, then what is new. `s` skips\n"
        "a question, `q` ends. With --answer one question is judged without asking, with --json the questions are\n"
        "printed without their answers." + STATUS,
        "  foulweather quiz ask\n  foulweather quiz ask --due\n  foulweather quiz ask --service sqs --count 3\n"
        "  foulweather quiz ask quiz-sg-vs-nacl --json\n  foulweather quiz ask quiz-sg-vs-nacl --answer B\n",
    )
    ask.add_argument("id", nargs="?", default="", metavar="ID", help="one question (`quiz-` may be left out)")
    _takes_choice(ask)
    ask.add_argument("--due", action="store_true", help="only what is due again")
    ask.add_argument("--count", type=int, metavar="N", help=f"how many (default {COUNT}, or all that is due)")
    ask.add_argument("--answer", metavar="ANSWER", help="the answer to the question ID, for scripts")
    answer = quiz.add(
        "answer",
        run_answer,
        "Judge one answer",
        "Judges an answer to a question: letters as `quiz ask ID --json` gives them, in order where an order is asked\n"
        "for; a number; a word." + STATUS,
        "  foulweather quiz answer quiz-sg-vs-nacl B --json\n  foulweather quiz answer quiz-vpc-components ACD\n"
        "  foulweather quiz answer quiz-sqs-properties 1024\n",
    )
    answer.add_argument("id", metavar="ID", help="the question (`quiz-` may be left out)")
    answer.add_argument("answer", metavar="ANSWER", help="letters, a number or a word")
    for parser in (ask, answer):
        parser.add_argument("--seed", default="", metavar="SEED", help="the order of options and questions")
        parser.add_argument("--no-record", action="store_true", help="write nothing down")
        _takes_no_colour(parser)


def _takes_choice(parser: Command) -> None:
    parser.add_argument("--topic", default="", metavar="TOPIC", help="only this topic")
    parser.add_argument("--service", default="", metavar="SERVICE", help="only about this service (sqs, rds, ...)")
    parser.add_argument("--level", default="", metavar="LEVEL", help="foundation, practitioner or expert")


def _takes_no_colour(parser: Command) -> None:
    parser.add_argument("--no-color", action="store_true", help="without colour (as $NO_COLOR does)")


def today() -> date:
    """The date on this machine's calendar: all that the quiz ever asks a clock."""
    from foulweather.world.clock import wall_ms

    return date.fromtimestamp(wall_ms() // 1000)


def run_list(arguments: argparse.Namespace) -> int:
    """Show the questions."""
    from foulweather.cli import quiz_page

    found = _chosen(arguments)
    facts = [quiz_page.facts(question) for question in found]
    out(arguments, {"questions": facts}, lambda: quiz_page.listed(found, _style(arguments)))
    return OK


def run_ask(arguments: argparse.Namespace) -> int:
    """Ask, or print what would be asked."""
    from foulweather.cli import quiz_page

    if arguments.answer is not None:
        if not arguments.id:
            raise Stop(USAGE, "--answer is to one question: give its ID too.")
        return run_answer(arguments)
    with _record() as (record, answers):
        asked = _to_ask(arguments, answers)
        if arguments.json:
            out(arguments, {"questions": [quiz_page.put(one) for one in asked]}, str)
            return OK
        if not asked:
            sys.stdout.write("Nothing is due.\n")
            return OK
        return _ask(arguments, asked, record)


def run_answer(arguments: argparse.Namespace) -> int:
    """Judge one answer."""
    from foulweather.cli import quiz_page
    from foulweather.drilling.quiz.asking import Unclear

    with _record() as (record, answers):
        asked = _put(_question(arguments.id), answers, arguments.seed)
        try:
            verdict = asked.judge(arguments.answer)
        except Unclear as unclear:
            raise Stop(USAGE, str(unclear)) from None
        after = _note(arguments, record, asked.question, verdict)
        told = quiz_page.judged(asked, verdict, arguments.answer, after)
        out(arguments, told, lambda: quiz_page.explained(asked, verdict, after, _style(arguments)))
        return RIGHT if verdict.is_right else WRONG


def run_due(arguments: argparse.Namespace) -> int:
    """Show what is due."""
    from foulweather.cli import quiz_page
    from foulweather.drilling.quiz.questions import every
    from foulweather.drilling.quiz.standing import due

    with _record() as (_, answers):
        found = due(every(), answers, today())
        dates = {question.id: answers.of(question).due for question in found}
        facts = [quiz_page.facts(question) | {"due": str(dates[question.id])} for question in found]
        style = _style(arguments)
        out(arguments, {"due": facts}, lambda: quiz_page.due(found, dates, answers, today(), style))
        return OK


def run_stats(arguments: argparse.Namespace) -> int:
    """Show how somebody stands."""
    from foulweather.cli import quiz_page
    from foulweather.drilling.quiz.questions import every
    from foulweather.drilling.quiz.standing import standings

    with _record() as (record, answers):
        found = standings(every(), answers, today())
        told = {"record": str(record.path), "topics": [quiz_page.standing(one) for one in found]}
        out(arguments, told, lambda: quiz_page.stood(found, today(), _style(arguments)))
        return OK


def run_reset(arguments: argparse.Namespace) -> int:
    """Begin the record anew, or a topic of it."""
    from foulweather.drilling.quiz.questions import chosen

    what = f"the answers about {arguments.topic}" if arguments.topic else "all answers"
    topic = _known_topic(arguments.topic)
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise Stop(USAGE, f"`quiz reset` forgets {what}: say --yes.")
        sys.stderr.write(f"Forget {what}? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stop(FAILED, "Nothing was changed.")
    if topic:
        with _record() as (record, answers):
            record.write(answers.without(chosen(topic)))
        out(arguments, {"forgotten": topic}, lambda: f"Forgot {what}.")
        return OK
    try:
        aside = _file().put_aside()
    except OSError as error:
        raise Stop(NO_RECORD, f"The record of answers cannot be moved: {error.strerror}.") from None
    kept = f" The old record is {aside}." if aside else ""
    out(arguments, {"forgotten": "all", "kept": str(aside or "")}, lambda: f"Forgot {what}.{kept}")
    return OK


def _ask(arguments: argparse.Namespace, all_asked: list[Asked], record: Record) -> int:
    from foulweather.cli import quiz_page

    style = _style(arguments)
    right = answered = 0
    for number, asked in enumerate(all_asked):
        _say(quiz_page.posed(asked, number + 1, len(all_asked), style))
        answer, verdict = _answer(asked, style)
        if answer == "q":
            break
        if verdict is None:
            continue
        answered += 1
        right += verdict.is_right
        after = _note(arguments, record, asked.question, verdict)
        _say(quiz_page.explained(asked, verdict, after, style) + "\n")
    if not answered and not sys.stdin.isatty():
        raise Stop(USAGE, "Nobody answers: use --answer, or --json and `quiz answer`.")
    _say(quiz_page.score(right, answered, len(all_asked), style))
    return RIGHT if right == len(all_asked) else WRONG


def _answer(asked: Asked, style: Style) -> tuple[str, Verdict | None]:
    """What somebody types, until it is an answer, and the verdict; none where the question is left out."""
    from foulweather.drilling.quiz.asking import Unclear

    while True:
        sys.stdout.write(style.strong("> "))
        sys.stdout.flush()
        line = sys.stdin.readline()
        answer = line.strip()
        if not sys.stdin.isatty() or not line:
            sys.stdout.write(f"{answer}\n")
        if not line or answer.lower() == "q":
            return "q", None
        if answer.lower() == "s":
            return "s", None
        try:
            return answer, asked.judge(answer)
        except Unclear as unclear:
            _say(f"{unclear} (s skips, q ends)")


def _to_ask(arguments: argparse.Namespace, answers: Answers) -> list[Asked]:
    from foulweather.drilling.quiz.standing import due, next_up

    if arguments.count is not None and arguments.count < 1:
        raise Stop(USAGE, "--count is a number above 0.")
    if arguments.id:
        if arguments.topic or arguments.service or arguments.level or arguments.due or arguments.count:
            raise Stop(USAGE, "An ID names one question: leave the other choices out.")
        return [_put(_question(arguments.id), answers, arguments.seed)]
    found = _chosen(arguments)
    if arguments.due:
        questions = due(found, answers, today())[: arguments.count]
    else:
        questions = next_up(found, answers, today(), arguments.seed)[: arguments.count or COUNT]
    return [_put(question, answers, arguments.seed) for question in questions]


def _put(question: Question, answers: Answers, seed: str) -> Asked:
    """A question with its options in an order that stays until it is answered, and then is another."""
    from foulweather.drilling.quiz.asking import Asked

    return Asked(question, seed or str(answers.of(question).seen))


def _note(arguments: argparse.Namespace, record: Record, question: Question, verdict: Verdict) -> Answers:
    # Read anew: somebody may be answering at another terminal too.
    answers = record.read()
    if arguments.no_record:
        return answers
    after = answers.noted(question, verdict.is_right, today())
    record.write(after)
    return after


def _question(wanted: str) -> Question:
    from difflib import get_close_matches

    from foulweather.drilling.quiz.questions import every, with_id

    question = with_id(wanted)
    if question is not None:
        return question
    near = get_close_matches(f"quiz-{wanted.removeprefix('quiz-')}", [one.id for one in every()], 1)
    raise Stop(USAGE, f"There is no question {wanted!r}" + (f": did you mean {near[0]}?" if near else "."))


def _chosen(arguments: argparse.Namespace) -> list[Question]:
    from foulweather.drilling.quiz.questions import LEVELS, chosen, every

    _known_topic(arguments.topic)
    if arguments.level and arguments.level not in LEVELS:
        raise Stop(USAGE, f"--level is one of {', '.join(LEVELS)}.")
    services = sorted({service for question in every() for service in question.services})
    if arguments.service and arguments.service not in services:
        raise Stop(USAGE, f"No question is about {arguments.service!r}. There are: {', '.join(services)}.")
    found = list(chosen(arguments.topic, arguments.service, arguments.level))
    if not found:
        raise Stop(USAGE, "No question is all of that.")
    return found


def _known_topic(topic: str) -> str:
    from foulweather.drilling.quiz.questions import every, topics

    known = topics(every())
    if topic and topic not in known:
        raise Stop(USAGE, f"There is no topic {topic!r}. There are: {', '.join(known)}.")
    return topic


@contextmanager
def _record() -> Generator[tuple[Record, Answers]]:
    """The record and what it says; a broken one ends the command, and stays as it is."""
    from foulweather.drilling.quiz.record import Unreadable

    record = _file()
    try:
        yield record, record.read()
    except Unreadable as unreadable:
        raise Stop(
            NO_RECORD,
            f"{record.path} is no record of answers: {unreadable}. It was left as it is. Mend it, or begin anew with "
            "`foulweather quiz reset --yes`, which keeps the file beside it.",
        ) from None
    except OSError as error:
        if error.filename is None:
            raise
        raise Stop(NO_RECORD, f"{record.path} cannot be written: {error.strerror}.") from None


def _file() -> Record:
    from foulweather.cli.places import state_directory
    from foulweather.drilling.quiz.record import Record

    return Record(state_directory() / "quiz.json")


def _style(arguments: argparse.Namespace) -> Style:
    from foulweather.cli.style import standard

    style = standard()
    return style._replace(is_coloured=False) if arguments.no_color else style


def _say(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
