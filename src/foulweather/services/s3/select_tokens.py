"""The words of S3 Select's SQL.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference.html
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from foulweather.services.s3.select_refusals import refused

EXPRESSION_BYTES_MAX: Final = 256 << 10
Kind = Literal["name", "quoted", "string", "number", "sign", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_$]*)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<sign><=|>=|<>|!=|\|\||[=<>+\-*/%(),.\[\]])
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """One word; `text` is what it means, with quotation marks taken off."""

    kind: Kind
    text: str
    place: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords (upper case)."""
        return self.kind == "name" and self.text.upper() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs


def tokens(expression: str) -> list[Token]:
    """The words of an expression, with an end after the last."""
    if len(expression.encode("utf-8", "replace")) > EXPRESSION_BYTES_MAX:
        raise refused("ExpressionTooLong", "expression size", len(expression))
    text = expression.rstrip().removesuffix(";").rstrip()
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].lstrip()
            raise refused(_code_of(rest), f"character {len(text) - len(rest)}", rest[:50])
        if match["name"] is not None:
            found.append(Token("name", match["name"], match.start("name")))
        elif match["number"] is not None:
            found.append(Token("number", match["number"], match.start("number")))
        elif match["string"] is not None:
            found.append(Token("string", match["string"][1:-1].replace("''", "'"), match.start("string")))
        elif match["quoted"] is not None:
            found.append(Token("quoted", match["quoted"][1:-1].replace('""', '"'), match.start("quoted")))
        else:
            found.append(Token("sign", match["sign"], match.start("sign")))
        place = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _code_of(rest: str) -> str:
    if rest.startswith("`"):
        return "LexerInvalidIONLiteral"
    return "LexerInvalidLiteral" if rest.startswith(("'", '"')) else "LexerInvalidChar"
