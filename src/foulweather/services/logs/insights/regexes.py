"""Regular expressions as AWS writes them, for this machine's engine."""

from __future__ import annotations

import re

from foulweather.kernel import linear_patterns
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt

_FLAGS_HERE = re.compile(r"\(\?([imsx]+)\)")
_NAMED = re.compile(r"\(\?P?<([A-Za-z_@]\w*)>")
_PLAIN = re.compile(r"[\w\s@:;,\-=<>!\"'#%&~`]*(?:\\[./\[\](){}\-:\"'|?*+$^][\w\s@:;,\-=<>!\"'#%&~`]*)*")
_POSIX = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
    "word": r"\w",
}
_NOT_LINEAR = re.compile(r"\\[pP]\{|(?<!\\)\(\?(?:[=!]|<[=!])|(?<!\\)\\[1-9]")
_POSIX_CLASS = re.compile(r"\[:(\w+):\]")


def literals(pattern: str) -> list[str] | None:
    """The plain words of a pattern that is nothing but words between `|`, so that a substring search answers it."""
    words: list[str] = []
    for alternative in re.split(r"(?<!\\)\|", pattern):
        if not alternative or _PLAIN.fullmatch(alternative) is None:
            return None
        words.append(re.sub(r"\\(.)", r"\1", alternative))
    return words


def compiled(pattern: str, start: int, end: int) -> linear_patterns.Expression:
    """A pattern in AWS's syntax, ready to search with."""
    if _NOT_LINEAR.search(pattern):
        raise NotBuilt("regular expressions with \\p{...}, look-around or back-references")
    try:
        return linear_patterns.compiled(translated(pattern))
    except linear_patterns.InvalidExpression as error:
        raise MalformedQuery(f"Invalid regular expression: {error}", start, end) from None


def translated(pattern: str) -> str:
    """A pattern in this machine's syntax: named groups, flags in the middle, quoted parts, POSIX classes."""
    pattern = re.sub(r"\\Q(.*?)(?:\\E|$)", lambda match: re.escape(match[1]), pattern, flags=re.DOTALL)
    pattern = _POSIX_CLASS.sub(lambda match: _POSIX.get(match[1], match[0]), pattern)
    pattern = _NAMED.sub(lambda match: f"(?P<{group_name(match[1])}>", pattern)
    pattern = pattern.replace(r"\z", r"\Z").replace(r"\/", "/")
    return _scoped(pattern)


def group_name(name: str) -> str:
    """A group's name as the engine takes it: it knows no `@`."""
    return name.replace("@", "_at_")


def group_names(pattern: linear_patterns.Expression) -> dict[int, str]:
    """The named groups of a pattern, as the query wrote them."""
    return {index: name.replace("_at_", "@") for name, index in pattern.groupindex.items()}


def _scoped(pattern: str) -> str:
    """`a(?i)b` as `a(?i:b)`: a flag in the middle holds to the end of its group, which Python wants said."""
    found: list[str] = []
    opened: list[list[str]] = [[]]  # for each open group, the flags that end with it or with its alternative
    in_class = False
    index = 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            found.append(pattern[index : index + 2])
            index += 2
            continue
        if in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
            # A `]` that comes first is a member of the class, not its end.
            follows = pattern[index + 1 : index + 3]
            if follows.startswith(("]", "^]")):
                taken = 1 if follows.startswith("]") else 2
                found.append(character + pattern[index + 1 : index + 1 + taken])
                index += 1 + taken
                continue
        elif flags := _FLAGS_HERE.match(pattern, index):
            found.append(f"(?{flags[1]}:")
            opened[-1].append(flags[1])
            index = flags.end()
            continue
        elif character == "(":
            opened.append([])
        elif character == ")" and len(opened) > 1:
            found.append(")" * len(opened.pop()))
        elif character == "|" and opened[-1]:
            again = "".join(f"(?{letters}:" for letters in opened[-1])
            found.append(")" * len(opened[-1]) + "|" + again)
            index += 1
            continue
        found.append(character)
        index += 1
    found.append(")" * sum(map(len, opened)))
    return "".join(found)
