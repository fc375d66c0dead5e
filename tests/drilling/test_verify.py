"""`drill verify` catches drills that prove nothing: each kind is planted here."""

from __future__ import annotations

from pathlib import Path

import pytest

from foulweather.drilling.drill import BadDrill, Drill, find_drill
from foulweather.drilling.session import Session
from foulweather.drilling.verify import Verified, verify
from foulweather.kernel.services import Services

SERVICES = Services()
TOML = """
title = "A queue that nobody may use"
level = 1
minutes = 5
services = ["sqs"]
skills = ["none"]
seed = 4
start = 2026-03-02T08:00:00Z
past_days = 0
symptom_within_minutes = 5
settle_minutes = 1

[root_cause]
text = "Its visibility time-out is wrong."
resource = ":a$"
property = "VisibilityTimeout"
"""
STACK = """
def build(lab):
    lab.notes["queue"] = lab.client("sqs").create_queue(QueueName="a")["QueueUrl"]
"""
INCIDENT = """
def strike(lab):
    lab.client("sqs").set_queue_attributes(QueueUrl=lab.notes["queue"], Attributes={"VisibilityTimeout": "7"})
"""
CHECK = """
import os
from foulweather.drilling.judging import shown, unmended

def value(lab):
    sqs = lab.client("sqs")
    told = sqs.get_queue_attributes(QueueUrl=lab.notes["queue"], AttributeNames=["VisibilityTimeout"])
    return told["Attributes"]["VisibilityTimeout"]

def symptom(lab):
    if value(lab) != "7":
        return None
    return unmended("It is 7.", shown(lab, f"arn:aws:sqs:us-east-1:{lab.account}:a", "VisibilityTimeout", "7"))

def check(lab):
    mended = os.path.exists(MEND)
    if mended and open(MEND).read() == "well":
        return None
    return symptom(lab)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drill that can be proved; each test plants a fault in it."""
    made = tmp_path / "drills" / "a-drill"
    (made / "wrong").mkdir(parents=True)
    files = {
        "drill.toml": TOML,
        "README.md": "# It is slow.\n",
        "stack.py": STACK,
        "incident.py": INCIDENT,
        "check.py": CHECK.replace("MEND", repr(str(tmp_path / "mend"))),
        "hints.md": "# Hints\n\n## One\n\nLook at the queue.\n",
        "solution.sh": 'printf well > "$MEND"\n# aws sqs set-queue-attributes --attributes VisibilityTimeout=30\n',
        "debrief.md": "# Debrief\n",
    }
    for name, text in files.items():
        (made / name).write_text(text)
    for number in range(3):
        (made / "wrong" / f"{number}.sh").write_text("# refused because: it does nothing\ntrue\n")
    return made


class Nowhere:
    """No server: the scripts of these drills write a file."""

    def __init__(self, mend: Path) -> None:
        self.environment = {"MEND": str(mend)}
        self.mend = mend

    async def close(self) -> None:
        return None


def proved(folder: Path) -> Verified:
    async def serve(session: Session) -> Nowhere:
        mend = folder.parents[1] / "mend"
        mend.unlink(missing_ok=True)
        return Nowhere(mend)

    return verify(Drill(folder), SERVICES, serve)


def failed(verified: Verified) -> list[str]:
    return [step.name for step in verified.steps if not step.ok]


def test_a_good_drill_is_proved(folder: Path) -> None:
    verified = proved(folder)
    assert verified.ok, failed(verified)
    assert len(verified.steps) == 12


ASLEEP = """
from foulweather.drilling.load.functions import function, zipped

def build(lab):
    lab.notes["queue"] = lab.client("sqs").create_queue(QueueName="a")["QueueUrl"]
    code = {"ZipFile": zipped({"app.py": "import time\\ndef handler(event, context): time.sleep(600)"})}
    function(lab, "nap", "", Runtime="python3.11", Timeout=900, Code=code)
"""


def test_a_drill_whose_functions_are_asleep_when_its_futures_begin(folder: Path) -> None:
    answered = "from foulweather.drilling.load.functions import answered\n"
    invoke = '    answered(lab.client("lambda").invoke(FunctionName="nap", InvocationType="Event", Payload=b"{}"))\n'
    (folder / "stack.py").write_text(ASLEEP)
    (folder / "incident.py").write_text(answered + INCIDENT + invoke)
    (folder / "drill.toml").write_text(TOML.replace("settle_minutes = 1", "settle_minutes = 15"))
    verified = proved(folder)
    assert verified.ok, [step for step in verified.steps if not step.ok]
    assert len(verified.steps) == 12


def test_a_solution_that_does_nothing(folder: Path) -> None:
    (folder / "solution.sh").write_text("true\n")
    assert failed(proved(folder)) == ["the solution mends it"]


def test_a_solution_that_fails(folder: Path) -> None:
    (folder / "solution.sh").write_text("false\n")
    verified = proved(folder)
    assert failed(verified) == ["the solution mends it"]
    assert "ended with status 1" in verified.steps[8].detail


def test_a_check_that_is_always_true(folder: Path) -> None:
    text = (folder / "check.py").read_text()
    (folder / "check.py").write_text(text.replace("    mended = ", "    return None\n    mended = "))
    assert failed(proved(folder)) == ["not mended by itself", "refused: 0", "refused: 1", "refused: 2"]


def test_a_check_that_is_never_true(folder: Path) -> None:
    text = (folder / "check.py").read_text()
    (folder / "check.py").write_text(
        text.replace("    return symptom(lab)\n", '    return unmended("never")\n').replace('== "well"', "== 1")
    )
    assert failed(proved(folder)) == ["its check passes before", "the solution mends it"]


def test_a_symptom_that_never_shows(folder: Path) -> None:
    text = (folder / "check.py").read_text()
    (folder / "check.py").write_text(text.replace('!= "7"', '!= "8"'))
    assert "the symptom shows" in failed(proved(folder))


def test_a_symptom_that_was_there_before(folder: Path) -> None:
    stack = (
        (folder / "stack.py")
        .read_text()
        .replace('QueueName="a"', 'QueueName="a", Attributes={"VisibilityTimeout": "7"}')
    )
    (folder / "stack.py").write_text(stack)
    assert {"healthy before", "its check passes before"} <= set(failed(proved(folder)))


def test_a_hint_that_names_the_fix(folder: Path) -> None:
    (folder / "hints.md").write_text("# Hints\n\n## One\n\nUse set-queue-attributes.\n")
    (folder / "solution.sh").write_text('printf well > "$MEND"\naws sqs set-queue-attributes >/dev/null 2>&1 || true\n')
    assert "no hint names the fix" in failed(proved(folder))


def test_a_page_that_names_the_fix(folder: Path) -> None:
    (folder / "README.md").write_text("Run `foulweather drill deploy worker delete=after-success`.\n")
    (folder / "solution.sh").write_text(
        'printf well > "$MEND"\n: foulweather drill deploy worker delete=after-success\n'
    )
    assert "no hint names the fix" in failed(proved(folder))


def test_a_root_cause_that_no_reason_names(folder: Path) -> None:
    (folder / "drill.toml").write_text(TOML.replace('property = "VisibilityTimeout"', 'property = "Policy"'))
    assert failed(proved(folder)) == ["the root cause is named"]


def test_a_root_cause_that_only_the_symptom_names(folder: Path) -> None:
    (folder / "drill.toml").write_text(TOML.replace('property = "VisibilityTimeout"', 'property = "Policy"'))
    text = (folder / "check.py").read_text()
    (folder / "check.py").write_text(text.replace('"VisibilityTimeout", "7"))', '"Policy", "made up"))'))
    verified = proved(folder)
    assert failed(verified) == ["the root cause is named"]
    assert "what symptom() says does not count" in next(step.detail for step in verified.steps if not step.ok)


def test_a_root_cause_that_was_there_before_has_to_say_so(folder: Path) -> None:
    stack = (folder / "stack.py").read_text().replace('"a")', '"a", Attributes={"DelaySeconds": "9"})')
    (folder / "stack.py").write_text(stack)
    before = TOML.replace('property = "VisibilityTimeout"', 'property = "DelaySeconds"')
    (folder / "drill.toml").write_text(before)
    assert failed(proved(folder)) == ["the root cause is named"]
    (folder / "drill.toml").write_text(before + "standing = true\n")
    assert proved(folder).ok


def test_a_root_cause_that_a_refused_request_names(folder: Path) -> None:
    (folder / "incident.py").write_text(
        "from foulweather.kernel.errors import AwsError\n" + INCIDENT + "    try:\n"
        '        lab.client("sqs").get_queue_url(QueueName="gone")\n    except AwsError:\n        pass\n'
    )
    gone = TOML.replace('resource = ":a$"', 'resource = ":gone$"')
    (folder / "drill.toml").write_text(gone.replace('property = "VisibilityTimeout"', 'property = "."'))
    verified = proved(folder)
    assert verified.ok, failed(verified)
    assert "by the reason of sqs:GetQueueUrl" in next(s.detail for s in verified.steps if s.name.startswith("the root"))


def test_a_wrong_fix_that_mends_it(folder: Path) -> None:
    (folder / "wrong" / "1.sh").write_text('# refused because: it should be\nprintf well > "$MEND"\n')
    assert failed(proved(folder)) == ["refused: 1"]


def test_too_few_wrong_fixes(folder: Path) -> None:
    (folder / "wrong" / "0.sh").unlink()
    assert failed(proved(folder)) == ["wrong fixes are given"]


def test_randomness_that_is_not_the_worlds(folder: Path) -> None:
    stack = "import os\n" + (folder / "stack.py").read_text().replace(
        'QueueName="a"', 'QueueName="a", tags={"t": os.urandom(4).hex()}'
    )
    (folder / "stack.py").write_text(
        stack + '    lab.client("sqs").tag_queue(QueueUrl=lab.notes["queue"], Tags={"r": os.urandom(4).hex()})\n'
    )
    assert failed(proved(folder)) == ["same seed, same journal"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("drill.toml", "title = 3\n", "drill.toml"),
        ("drill.toml", "title = \n", "drill.toml"),
        ("drill.toml", TOML.replace("2026-03-02T08:00:00Z", "2026-03-02T08:00:00"), "time zone"),
        ("hints.md", "nothing\n", "no hints"),
        ("wrong/1.sh", "true\n", "refused because"),
    ],
)
def test_a_folder_that_is_no_drill_is_refused_in_words(folder: Path, name: str, text: str, said: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(BadDrill, match=said):
        Drill(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "debrief.md").unlink()
    with pytest.raises(BadDrill, match=r"there is no debrief\.md"):
        Drill(folder)


@pytest.mark.parametrize("name", ["nothing", "../drills/a-drill", ".git"])
def test_an_unknown_id_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(BadDrill, match="there is no drill"):
        find_drill(name, folder.parent)
