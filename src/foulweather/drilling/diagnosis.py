"""What a drill's `diagnosis.sh` asks of CloudWatch, CloudTrail and the logs, and what it must show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

NAME = "diagnosis.sh"
_SHOWS = re.compile(r"^# shows: (.+)$", re.MULTILINE)
_MENDED = re.compile(r"^# shows when mended: (.+)$", re.MULTILINE)
COMMAND = re.compile(r"\baws\s+(?:--\S+\s+\S+\s+)*([a-z0-9-]+)\s+([a-z0-9-]+)")
LOOKING = re.compile(r"^(batch-get|describe|filter|get|list|lookup|simulate|tail|start-query|assume-role)")


class Diagnosis(NamedTuple):
    """The script, and regular expressions for its output: at the page (all, and not before), and when it is mended."""

    path: Path
    shows: tuple[str, ...]
    shows_when_mended: tuple[str, ...]

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Service and operation of each command of the AWS CLI, in order."""
        lines = [line for line in self.path.read_text().splitlines() if not line.startswith("#")]
        return COMMAND.findall("\n".join(lines))


def read(folder: Path) -> Diagnosis | None:
    """The diagnosis of a drill's folder; raises ValueError for one that shows nothing or changes something."""
    path = folder / NAME
    if not path.is_file():
        return None
    text = path.read_text()
    found = Diagnosis(path, tuple(_SHOWS.findall(text)), tuple(_MENDED.findall(text)))
    if not found.shows:
        raise ValueError(f"{NAME} has no line '# shows: …'")
    for pattern in (*found.shows, *found.shows_when_mended):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{NAME}: {pattern}: {error}") from error
    changing = [operation for _, operation in found.commands if not LOOKING.match(operation)]
    if changing:
        raise ValueError(f"{NAME} changes something: {', '.join(changing)}")
    return found


def missing(patterns: tuple[str, ...], output: str) -> list[str]:
    """The patterns that an output does not have."""
    return [pattern for pattern in patterns if not re.search(pattern, output, re.MULTILINE)]
