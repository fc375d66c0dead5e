from __future__ import annotations

import json

import pytest

from foulweather.cli import why
from foulweather.cli.style import Style
from foulweather.kernel.trace import Hop, Trace
from foulweather.kernel.why import Fact, Setter, Why

PLAIN = Style()
AT_MS = 1_767_225_600_000
TOPIC, QUEUE = "arn:aws:sns:us-east-1:000000000000:orders", "arn:aws:sqs:us-east-1:000000000000:orders"
LONG = "x" * 200
SET_POLICY = (
    f'aws sqs set-queue-attributes --queue-url http://127.0.0.1:4566/0/orders --attributes \'{{"Policy": "{LONG}"}}\''
)
REDRIVE = "aws sns set-subscription-attributes --attribute-name RedrivePolicy"

FIRST = Why(
    "denied",
    "There is no statement that comes near to allowing it.",
    (Fact(QUEUE, "Policy", None, Setter("arn:aws:iam::000000000000:root", AT_MS, "sqs:CreateQueue", "req-0")),),
    (SET_POLICY,),
)
DENIED = Why(
    "denied",
    "sns.amazonaws.com may not sqs:SendMessage: no resource-based policy allows it.",
    (Fact(QUEUE, "principal", "sns.amazonaws.com"),),
    (SET_POLICY,),
    (FIRST,),
)
DROPPED = Why("dropped", "Message m was not delivered.", (Fact("m", "attempts", 1),), (REDRIVE,), (DENIED,))


def hop(
    request_id: str,
    operation: str,
    *,
    parent: str = "req-1",
    service: str = "sqs",
    at: int = 0,
    took: int = 0,
    code: str = "",
    because: Why | None = None,
    resource: str = QUEUE,
) -> Hop:
    begins = AT_MS + at
    return Hop(
        request_id,
        "req-1",
        parent,
        service,
        operation,
        "sns.amazonaws.com",
        "0",
        "r",
        begins,
        begins + took,
        resource,
        code,
        because,
    )


def lost_message() -> Trace:
    return Trace(
        "req-1",
        1,
        [
            Hop(
                "req-1",
                "req-1",
                "",
                "sns",
                "Publish",
                "arn:aws:iam::000000000000:root",
                "0",
                "r",
                AT_MS,
                AT_MS + 2,
                TOPIC,
            ),
            hop("req-2", "SendMessage", at=1, took=1, code="AccessDenied", because=DENIED),
            hop("req-3", "Delivery", service="sns", at=2, because=DROPPED, resource="sub"),
        ],
    )


def test_a_lost_message_is_explained_from_the_verdict_to_the_remedy() -> None:
    assert (
        why.explained(lost_message(), PLAIN)
        == f"""\
✗ Dropped: Message m was not delivered.
  because sns.amazonaws.com may not sqs:SendMessage: no resource-based policy allows it.
    because there is no statement that comes near to allowing it.

Path  2026-01-01T00:00:00.000Z  request req-1
+0 ms  sns:Publish  as arn:aws:iam::000000000000:root  on {TOPIC}  ✓  (2 ms)
├─ +1 ms  sqs:SendMessage  as sns.amazonaws.com  on {QUEUE}  ✗ AccessDenied  (1 ms)
└─ +2 ms  sns:Delivery  as sns.amazonaws.com  on sub  ✗ dropped

Evidence
  m · attempts = 1
  {QUEUE} · principal = sns.amazonaws.com
  {QUEUE} · Policy = (not there)
      set by arn:aws:iam::000000000000:root at 2026-01-01T00:00:00.000Z through sqs:CreateQueue (request req-0)

What would change it:
{SET_POLICY}
{REDRIVE}"""
    )


def test_a_narrow_old_terminal_gets_ascii() -> None:
    told = why.explained(lost_message(), Style(is_unicode=False, width=40))
    assert told.isascii()
    assert "x Dropped: " in told
    assert "|- +1 ms" in told
    assert "`- +2 ms" in told


def test_commands_are_never_wrapped_nor_coloured_when_piped() -> None:
    told = why.explained(lost_message(), Style(is_coloured=False, width=40)).splitlines()
    assert SET_POLICY in told
    assert "\x1b" not in "".join(told)


def test_colours_come_in_pairs_and_leave_the_words_alone() -> None:
    coloured = why.explained(lost_message(), Style(is_coloured=True))
    assert coloured.count("\x1b[0m") * 2 == coloured.count("\x1b[")
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == why.explained(lost_message(), PLAIN)


def test_every_failure_of_a_fan_out_is_shown_and_repetitions_are_counted() -> None:
    trace = lost_message()
    trace.hops = [trace.hops[0]]
    for number, resource in enumerate(("sub-a", "sub-b", "sub-b")):
        cause = Why("dropped", f"Not delivered to {resource}.", remedy=("mend",))
        trace.hops.append(hop(f"req-{number + 2}", "Delivery", because=cause, resource=resource))
    told = why.explained(trace, PLAIN)
    assert "✗ 1 of 2  Dropped (×2): Not delivered to sub-b." in told
    assert "✗ 2 of 2  Dropped: Not delivered to sub-a." in told


def test_a_fan_out_of_many_shows_every_cause_and_the_evidence_of_some() -> None:
    trace = lost_message()
    trace.hops = [trace.hops[0]]
    for number in range(9):
        cause = Why("dropped", f"Not delivered to {number}.", (Fact(str(number), "attempts", 1),))
        trace.hops.append(hop(f"req-{number + 2}", "Delivery", because=cause, resource=str(number)))
    told = why.explained(trace, PLAIN)
    assert all(f"Not delivered to {number}." in told for number in range(9))
    assert told.count("Evidence") == why.TOLD_IN_FULL_MAX


def test_a_trace_without_a_failure_says_so() -> None:
    trace = lost_message()
    trace.hops = trace.hops[:1]
    assert why.explained(trace, PLAIN).startswith("Nothing went wrong in req-1.\n\n+0 ms  sns:Publish")


def explained_fact(fact: Fact, cause: str = "It is so.", style: Style = PLAIN) -> list[str]:
    trace = Trace("req-1", 1, [hop("req-1", "SendMessage", parent="", code="X", because=Why("denied", cause, (fact,)))])
    told = why.explained(trace, style).splitlines()
    return told[told.index("Evidence") + 1 :]


def test_a_policy_is_printed_with_the_statement_that_decided_marked() -> None:
    statements = [
        {
            "Sid": "Send",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": QUEUE,
            "Condition": {"Bool": {"a": "true"}},
        },
        {"Sid": "NoPurge", "Effect": "Deny", "Action": ["sqs:PurgeQueue", "sqs:DeleteQueue"], "Resource": "*"},
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    cause = "statement NoPurge of the inline policy p denies sqs:PurgeQueue explicitly"
    told = explained_fact(Fact("role", "Policy", policy), cause)
    assert told == [
        "  role · Policy =",
        "      Version: 2012-10-17",
        "      {",
        '        "Sid": "Send",',
        '        "Effect": "Allow",',
        '        "Action": "sqs:SendMessage",',
        f'        "Resource": "{QUEUE}",',
        '        "Condition": {"Bool": {"a": "true"}}',
        "      }",
        "    ▶ {",
        '        "Sid": "NoPurge",',
        '        "Effect": "Deny",',
        '        "Action": ["sqs:PurgeQueue", "sqs:DeleteQueue"],',
        '        "Resource": "*"',
        "      }",
    ]
    by_number = explained_fact(Fact("role", "Policy", policy), "statement number 1 of the policy does not apply")
    assert by_number[2] == "    ▶ {"
    assert "▶" not in "".join(explained_fact(Fact("role", "Policy", policy)))


def test_long_values_wrap_and_lose_nothing() -> None:
    words = [f"word-{number}" for number in range(60)]
    told = explained_fact(Fact("r", "p", {"Words": " ".join(words), "Few": [1, 2]}), style=Style(width=60))
    assert all(len(line) <= 70 for line in told)
    assert " ".join(" ".join(told).split()) == ('r · p = { "Words": "' + " ".join(words) + '", "Few": [1, 2] }')


def test_short_values_stay_on_their_line() -> None:
    for value, shown in (
        (None, "(not there)"),
        ("", '""'),
        (True, "true"),
        (3, "3"),
        (["a", "b"], '["a", "b"]'),
        ("{not json", "{not json"),
        (AT_MS, f"{AT_MS} (2026-01-01T00:00:00.000Z)"),
    ):
        assert explained_fact(Fact("r", "p", value)) == [f"  r · p = {shown}"]


def test_a_long_path_shows_what_leads_to_the_failure() -> None:
    trace = lost_message()
    extra = [hop(f"fine-{number}", "SendMessage", at=3, took=1) for number in range(100)]
    trace.hops = [trace.hops[0], *extra, *trace.hops[1:]]
    told = why.explained(trace, PLAIN)
    assert "└─ 100 more that went well" in told
    assert told.count("sqs:SendMessage  as") == 1
    assert why.followed(trace, PLAIN).count("sqs:SendMessage") == 101


def test_hops_are_nested_by_who_called_and_strays_hang_on_the_root() -> None:
    trace = lost_message()
    trace.hops = [
        trace.hops[0],
        hop("req-2", "Invoke", service="lambda", took=5),
        hop("req-3", "SendMessage", parent="req-2", took=1),
        hop("req-4", "sns.retry_delivery", parent="gone", service="sns"),
    ]
    told = why.followed(trace, PLAIN).splitlines()[3:]
    assert [line.partition(" orders ")[0] for line in told] == [
        "├─ lambda:Invoke",
        "│  └─ sqs:SendMessage",
        "└─ sns.retry_delivery",
    ]


def test_a_path_that_calls_itself_ends() -> None:
    trace = lost_message()
    trace.hops = [trace.hops[0], hop("a", "X", parent="b"), hop("b", "Y", parent="a")]
    assert len(why.followed(trace, PLAIN).splitlines()) <= 4


def test_commands_name_the_server_and_the_region_that_the_shell_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    at = " --endpoint-url http://127.0.0.1:4566"
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "r")
    told = why.explained(lost_message(), PLAIN, "http://127.0.0.1:4566").splitlines()
    assert told[-2:] == [SET_POLICY + at, REDRIVE + at]
    for name, value in (("AWS_DEFAULT_REGION", "other"), ("AWS_REGION", "other")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            told = why.explained(lost_message(), PLAIN, "http://127.0.0.1:4566").splitlines()
            assert told[-2:] == [f"{SET_POLICY}{at} --region r", f"{REDRIVE}{at} --region r"]


def test_what_a_command_says_itself_stays() -> None:
    trace = lost_message()
    trace.hops = [
        hop("req-1", "X", parent="", code="X", because=Why("denied", "So.", remedy=("aws x --region q", "mend")))
    ]
    told = why.explained(trace, PLAIN, "http://h:1").splitlines()
    assert told[-2:] == ["aws x --region q --endpoint-url http://h:1", "mend"]


def test_s3control_goes_through_the_server_as_its_proxy() -> None:
    trace = lost_message()
    remedy = ("aws s3control get-public-access-block --account-id 1 --region q",)
    trace.hops = [hop("req-1", "X", parent="", code="X", because=Why("denied", "So.", remedy=remedy))]
    told = why.explained(trace, PLAIN, "http://127.0.0.1:4577").splitlines()
    assert told[-1] == (
        "http_proxy=http://127.0.0.1:4577 no_proxy= "
        "aws s3control get-public-access-block --account-id 1 --region q --endpoint-url http://localhost:4577"
    )
    assert why.explained(trace, PLAIN).splitlines()[-1] == remedy[0]


def test_a_policy_that_two_reasons_are_about_is_shown_once_with_both_marks() -> None:
    statements = [{"Sid": sid, "Effect": "Allow", "Action": "sqs:*", "Resource": "*"} for sid in ("A", "B", "C")]
    policy = Fact("arn:q", "Policy", json.dumps({"Version": "2012-10-17", "Statement": statements}))
    near = tuple(Why("denied", f"Statement {sid} of the policy does not apply.", (policy,)) for sid in ("A", "C"))
    trace = lost_message()
    trace.hops = [hop("req-1", "X", parent="", code="X", because=Why("denied", "So.", because=near))]
    told = why.explained(trace, PLAIN)
    assert told.count("Policy =") == 1
    marked = [line for line in told.splitlines() if line.startswith(f"    {PLAIN.pointer} ")]
    assert len(marked) == 2
