"""The folder of a new drill, to be filled in."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "drill.toml": """\
title = "What the on-call engineer would call it"
level = 1                       # 1 easy, 2 takes thought, 3 hard
minutes = 20                    # how long somebody who can do it takes
services = ["sqs"]
skills = ["reading queue attributes"]
seed = 1
start = 2026-03-02T08:00:00Z
past_days = 7                   # healthy days before the incident
symptom_within_minutes = 60
settle_minutes = 15             # what `check` lets pass before it judges
served_within_s = 60            # the SLO: what takes effect later counts as lost (only with a Ledger)

[root_cause]
text = "One sentence."
resource = "arn:aws:sqs:.*"     # regular expressions: a fact of a reason on record, or a change in the journal,
property = "VisibilityTimeout"  # must match both; what symptom() says does not count
# standing = true               # if nobody changed it that day: it was so long before
""",
    "README.md": "# The page\n\nSymptoms only: what users see, which alarm rang, since when. Never the cause.\n",
    "stack.py": '''\
"""The healthy stack."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def build(lab: Lab) -> None:
    """Build the resources, and install the applications whose traffic flows."""
''',
    "incident.py": '''\
"""What changes."""

from __future__ import annotations

from foulweather.drilling.lab import Lab


def strike(lab: Lab) -> None:
    """Change what somebody changed that day, through the API as they did; never a hard-coded failure."""
''',
    "check.py": '''\
"""The symptom, and whether it is mended."""

from __future__ import annotations

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.kernel.why import Why


def symptom(lab: Lab) -> Why | None:
    """What can be seen from outside by now, with its facts; None while all is well."""
    return None


def check(lab: Lab) -> Why | None:
    """Why it is not mended: traffic since `lab.settling_since(…)`, then facts that wrong fixes would change."""
    return unmended("not written yet")
''',
    "hints.md": "# Hints\n\n## Where to look\n\n...\n\n## What to compare\n\n...\n",
    "solution.sh": "# Commands of the stock AWS CLI, as you would type them.\n",
    "debrief.md": (
        "# Debrief\n\n## Cause\n\n## How to see it\n\n## How to prevent it\n\n## In the real AWS\n\n## AWS's pages\n"
    ),
    "wrong/1-too-broad.sh": "# refused because: it lets everybody in\n",
    "wrong/2-hides-it.sh": "# refused because: the alarm is gone, the failure is not\n",
    "wrong/3-restarts.sh": "# refused because: it comes back\n",
}


def write(folder: Path) -> list[str]:
    """Make the folder; raises FileExistsError where there is one."""
    folder.mkdir(parents=True)
    (folder / "wrong").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return list(FILES)
