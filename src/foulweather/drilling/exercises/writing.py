"""The files that a learner starts with: the statement, a starter, and a test of the visible examples."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

from foulweather.drilling.exercises.definition import Exercise, Kind, Language


class Exists(Exception):
    """Files are there already; nothing was written."""

    def __init__(self, paths: list[Path]) -> None:
        super().__init__(", ".join(map(str, paths)))
        self.paths = paths


def write(exercise: Exercise, language: Language, directory: Path) -> list[Path]:
    """Write the files; never over others."""
    texts = {directory / name: text for name, text in files(exercise, language).items()}
    existing = [path for path in texts if path.exists() or path.is_symlink()]
    if existing:
        raise Exists(existing)
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
    return list(texts)


def files(exercise: Exercise, language: Language) -> dict[str, str]:
    """Names and texts."""
    name = exercise.file_name(language)
    if language == "go":
        tests = {"go.mod": "module drill/exercise\n\ngo 1.17\n", f"{exercise.python}_test.go": go_test(exercise)}
    else:
        tests = {f"test_{exercise.python}.py": python_test(exercise)}
    return {"README.md": readme(exercise, language), name: exercise.starter(language), **tests}


def readme(exercise: Exercise, language: Language) -> str:
    """The statement, the examples, and how to go on."""
    examples = "\n".join(
        f"- `{exercise.function(language)}({', '.join(json.dumps(arg, ensure_ascii=False) for arg in case.args)})` "
        f"→ `{json.dumps(case.expected, ensure_ascii=False)}`"
        for case in exercise.visible
    )
    own = "go test" if language == "go" else "python -m unittest"
    return f"""\
# {exercise.title}

{exercise.statement.rstrip()}

## Examples

{examples}

## Limits

{exercise.time_limit_ms(language) / 1000:g} s of CPU time and {exercise.memory_mib} MiB of memory for each case.

## How to go on

Write `{exercise.function(language)}` in `{exercise.file_name(language)}`. Only the standard library is there.

    {own:<42}  the examples, here
    {f"foulweather exercise check {exercise.id}":<42}  all cases, with the limits
    {f"foulweather exercise hint {exercise.id}":<42}  one more hint
"""


def python_test(exercise: Exercise) -> str:
    """A unittest of the visible examples."""
    names = [exercise.python]
    kinds = list(exercise.parameters.values())
    names += ["TreeNode"] if "tree" in kinds else ["ListNode"] if "linked_lists" in kinds else []
    cases = "".join(
        f"    (({''.join(f'{_python(kind, arg)}, ' for kind, arg in zip(kinds, case.args, strict=True)).rstrip()}), "
        f"{case.expected!r}),\n"
        for case in exercise.visible
    )
    got = f"{exercise.python}(*given)"
    expected = "expected"
    if exercise.returns == "linked_list":
        got = f"values({got})"
    if exercise.judge == "pair":
        got, expected = f"sorted({got})", "sorted(expected)"
    walk = """

def values(head):
    found = []
    while head is not None:
        found.append(head.value)
        head = head.next
    return found
"""
    return f'''\
"""The visible examples. Run them here with: python -m unittest"""

import unittest

from {exercise.python} import {", ".join(sorted(names))}

EXAMPLES = [
{cases}]
{walk if exercise.returns == "linked_list" else ""}

class Examples(unittest.TestCase):
    def test_examples(self):
        for given, expected in EXAMPLES:
            with self.subTest(expected=expected):
                self.assertEqual({got}, {expected})


if __name__ == "__main__":
    unittest.main()
'''


def go_test(exercise: Exercise) -> str:
    """A Go test of the visible examples."""
    kinds = list(exercise.parameters.values())
    checks = ""
    for case in exercise.visible:
        given = ", ".join(_go(kind, arg) for kind, arg in zip(kinds, case.args, strict=True))
        got = f"{exercise.go}({given})"
        if exercise.returns == "linked_list":
            got = f"values({got})"
        # Any order of a pair will do.
        got = f"inOrder({got})" if exercise.judge == "pair" else got
        wanted = _go("levels" if exercise.returns == "levels" else _plain(exercise.returns), case.expected)
        checks += f"\tsame(t, {got}, {wanted})\n"
    extra, imports = "", '\t"fmt"\n'
    if exercise.returns == "linked_list":
        extra = (
            "\nfunc values(head *ListNode) []int {\n\tvar found []int\n\tfor ; head != nil; head = head.Next {\n"
            "\t\tfound = append(found, head.Value)\n\t}\n\treturn found\n}\n"
        )
    if exercise.judge == "pair":
        extra = "\nfunc inOrder(pair []int) []int {\n\tsort.Ints(pair)\n\treturn pair\n}\n"
        imports += '\t"sort"\n'
    return f"""\
package exercise

// The visible examples. Run them here with: go test

import (
{imports}\t"testing"
)

func TestExamples(t *testing.T) {{
{checks}}}
{extra}
func same(t *testing.T, got, wanted interface{{}}) {{
\tt.Helper()
\tif fmt.Sprint(got) != fmt.Sprint(wanted) {{
\t\tt.Errorf("got %v, wanted %v", got, wanted)
\t}}
}}
"""


def _plain(kind: Kind) -> Kind:
    return "ints" if kind == "linked_list" else kind


def _python(kind: Kind, value: Any) -> str:
    if kind == "tree":
        return _tree(value, "TreeNode({0}, {1}, {2})", "None")
    if kind == "linked_lists":
        return f"[{', '.join(_list(each, 'ListNode({0}, {1})', 'None') for each in value)}]"
    return repr(value)


def _go(kind: Kind, value: Any) -> str:
    if kind == "tree":
        return _tree(value, "&TreeNode{{{0}, {1}, {2}}}", "nil")
    if kind == "linked_lists":
        lists = ", ".join(_list(each, "&ListNode{{{0}, {1}}}", "nil") for each in value)
        return f"[]*ListNode{{{lists}}}"
    if kind == "ints":
        return f"[]int{{{', '.join(map(str, value))}}}"
    if kind in ("pairs", "levels"):
        return _rows(value)
    return json.dumps(value, ensure_ascii=False)


def _rows(rows: list[list[int]]) -> str:
    inner = ", ".join("{" + ", ".join(map(str, row)) + "}" for row in rows)
    return "[][]int{" + inner + "}"


def _list(values: list[int], form: str, nothing: str) -> str:
    text = nothing
    for value in reversed(values):
        text = form.format(value, text)
    return text


def _tree(values: list[int | None], form: str, nothing: str) -> str:
    """A tree as nested constructors, from its values level by level."""
    if not values:
        return nothing
    children: dict[int, list[int | None]] = {0: []}
    waiting = deque([0])
    for at in range(1, len(values)):
        is_node = values[at] is not None
        children[waiting[0]].append(at if is_node else None)
        if len(children[waiting[0]]) == 2:
            waiting.popleft()
        if is_node:
            children[at] = []
            waiting.append(at)

    def text(at: int | None) -> str:
        if at is None:
            return nothing
        left, right = [*children[at], None, None][:2]
        return form.format(values[at], text(left), text(right))

    return text(0)
