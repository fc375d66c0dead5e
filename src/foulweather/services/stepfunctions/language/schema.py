"""Which fields each state has, by query language; any other is refused.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html and the page of each state type.
"""

from __future__ import annotations

import msgspec

TYPES = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")
STATE_NAME_MAX = 80
LABEL_MAX = 40
SECONDS_MAX = 99_999_999  # "The default value is 99999999", which is also the largest
COMMENT = frozenset({"Type", "Comment", "QueryLanguage"})
TRANSITION = frozenset({"Next", "End"})
PATHS = frozenset({"InputPath", "OutputPath"})
HANDLERS = frozenset({"Retry", "Catch"})
RESULTS = frozenset({"Parameters", "ResultSelector", "ResultPath"})


class Shape(msgspec.Struct, frozen=True):
    """The fields of one type of state: for both languages, and for one only."""

    both: frozenset[str]
    jsonpath: frozenset[str]
    jsonata: frozenset[str]


def _shape(both: frozenset[str], jsonpath: frozenset[str], jsonata: frozenset[str]) -> Shape:
    return Shape(COMMENT | both, jsonpath, jsonata)


SHAPES: dict[str, Shape] = {
    "Pass": _shape(
        TRANSITION | {"Assign"},
        PATHS | {"Result", "ResultPath", "Parameters"},
        frozenset({"Output"}),
    ),
    "Task": _shape(
        TRANSITION | HANDLERS | {"Assign", "Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
        PATHS | RESULTS | {"TimeoutSecondsPath", "HeartbeatSecondsPath"},
        frozenset({"Arguments", "Output"}),
    ),
    "Choice": _shape(frozenset({"Choices", "Default", "Assign"}), PATHS, frozenset({"Output"})),
    "Wait": _shape(
        TRANSITION | {"Assign", "Seconds", "Timestamp"},
        PATHS | {"SecondsPath", "TimestampPath"},
        frozenset({"Output"}),
    ),
    "Succeed": _shape(frozenset(), PATHS, frozenset({"Output"})),
    "Fail": _shape(frozenset({"Error", "Cause"}), frozenset({"ErrorPath", "CausePath"}), frozenset()),
    "Parallel": _shape(
        TRANSITION | HANDLERS | {"Assign", "Branches"},
        PATHS | RESULTS,
        frozenset({"Arguments", "Output"}),
    ),
    "Map": _shape(
        TRANSITION
        | HANDLERS
        | {"Assign", "ItemProcessor", "Iterator", "ItemReader", "ItemSelector", "ItemBatcher", "ResultWriter", "Label"}
        | {"MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"},
        PATHS
        | RESULTS
        | {"ItemsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"},
        frozenset({"Items", "Output"}),
    ),
}

MACHINE = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
BRANCH = frozenset({"Comment", "StartAt", "States"})
PROCESSOR = BRANCH | {"ProcessorConfig"}
RETRIER = frozenset(
    {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"}
)
CATCHER = frozenset({"ErrorEquals", "Next", "Assign", "Comment"})
CATCHER_JSONPATH = frozenset({"ResultPath"})
CATCHER_JSONATA = frozenset({"Output"})
DISTRIBUTED_ONLY = (
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "Label",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
)
