"""A drill's `diagnosis.sh`: what it must show at the page, not before, and when it is mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from drilling.test_verify import failed, folder, proved
from foulweather.drilling.diagnosis import COMMAND, LOOKING, NAME
from foulweather.drilling.drill import BadDrill, Drill, all_drills, drills_folder

__all__ = ["folder"]
DIAGNOSED = [drill for drill in all_drills() if drill.diagnosis is not None]
WATCHING = ("cloudtrail", "cloudwatch", "logs")


def with_diagnosis(folder: Path, text: str) -> Path:
    (folder / NAME).write_text(text)
    return folder


def shows(folder: Path, *, before: str, after: str, mended: str = "") -> Path:
    """A diagnosis that prints other things once the incident's file is there, and others when the mend's is."""
    mark = folder.parents[1] / "struck"
    incident = (folder / "incident.py").read_text()
    (folder / "incident.py").write_text(incident + f"    open({str(mark)!r}, 'w').close()\n")
    mend = folder.parents[1] / "mend"
    lines = [f'if [ -e "{mend}" ]; then echo {mended}; elif [ -e "{mark}" ]; then echo {after}; else echo {before}; fi']
    told = ["# shows: Sum.*5", *(["# shows when mended: Sum.*0"] if mended else [])]
    return with_diagnosis(folder, "\n".join([*told, *lines]) + "\n")


def test_a_diagnosis_that_shows_it_at_the_page_alone_is_proved(folder: Path) -> None:
    verified = proved(shows(folder, before="Sum 0", after="Sum 5", mended="Sum 0"))
    assert verified.ok, failed(verified)
    names = [step.name for step in verified.steps if "diagnosis" in step.name]
    assert names == ["its diagnosis shows nothing before", "its diagnosis shows it", "its diagnosis shows it mended"]


def test_a_diagnosis_that_shows_it_before_too(folder: Path) -> None:
    assert failed(proved(shows(folder, before="Sum 5", after="Sum 5"))) == ["its diagnosis shows nothing before"]


def test_a_diagnosis_that_never_shows_it(folder: Path) -> None:
    verified = proved(shows(folder, before="Sum 0", after="Sum 0"))
    assert failed(verified) == ["its diagnosis shows it"]
    assert "not in its output: Sum.*5" in next(step.detail for step in verified.steps if not step.ok)


def test_a_diagnosis_that_still_shows_it_when_it_is_mended(folder: Path) -> None:
    assert failed(proved(shows(folder, before="Sum 0", after="Sum 5", mended="Sum 5"))) == [
        "its diagnosis shows it mended"
    ]


def test_a_diagnosis_that_fails(folder: Path) -> None:
    with_diagnosis(folder, "# shows: x\nfalse\n")
    assert failed(proved(folder)) == [
        "its diagnosis shows nothing before",
        "its diagnosis shows it",
        "its diagnosis shows it mended",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("true\n", "no line '# shows: "),
        ("# shows: (\ntrue\n", "unterminated"),
        ("# shows: x\naws sqs purge-queue --queue-url q\n", "changes something: purge-queue"),
    ],
)
def test_a_diagnosis_that_is_none_is_refused_in_words(folder: Path, text: str, said: str) -> None:
    with pytest.raises(BadDrill, match=said):
        Drill(with_diagnosis(folder, text))


# --- the drills that have one


def test_enough_drills_have_one() -> None:
    assert len(DIAGNOSED) >= 6


@pytest.mark.parametrize("drill", DIAGNOSED, ids=lambda drill: drill.id)
def test_the_debrief_tells_the_commands_that_are_proved(drill: Drill) -> None:
    assert drill.diagnosis is not None
    told = set(COMMAND.findall(drill.text("debrief.md")))
    asked = {command for command in drill.diagnosis.commands if command[0] in WATCHING}
    assert asked
    assert asked <= told, f"debrief.md does not tell {asked - told}"


@pytest.mark.parametrize("drill", DIAGNOSED, ids=lambda drill: drill.id)
def test_what_the_texts_say_to_look_at_is_proved(drill: Drill) -> None:
    """A command of CloudWatch, CloudTrail or Logs that only looks, in a page, a hint or a debrief, has been run."""
    assert drill.diagnosis is not None
    for name in ("README.md", "hints.md", "debrief.md"):
        told = {each for each in COMMAND.findall(drill.text(name)) if each[0] in WATCHING and LOOKING.match(each[1])}
        assert told <= set(drill.diagnosis.commands), name


def test_no_diagnosis_names_this_machine() -> None:
    for path in drills_folder().glob(f"*/{NAME}"):
        assert not re.search(r"/(work|home|root)/", path.read_text())
