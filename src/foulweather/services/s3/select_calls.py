"""The functions of S3 Select's SQL.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-sql-functions.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.select_values import Expression, Type, compared, made, truth

if TYPE_CHECKING:
    from foulweather.services.s3.select_expressions import Expressions

AGGREGATES: Final = frozenset({"AVG", "COUNT", "MAX", "MIN", "SUM"})
TYPES: Final[dict[str, tuple[str, Type]]] = {
    "BOOL": ("to_bool", "bool"),
    "BOOLEAN": ("to_bool", "bool"),
    "INT": ("to_int", "number"),
    "INTEGER": ("to_int", "number"),
    "STRING": ("to_text", "string"),
    "FLOAT": ("to_float", "number"),
    "DECIMAL": ("to_decimal", "number"),
    "NUMERIC": ("to_decimal", "number"),
    "TIMESTAMP": ("to_time", "timestamp"),
}
DATE_PARTS: Final = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "TIMEZONE_HOUR", "TIMEZONE_MINUTE")
# Name, least and most arguments, function, type.
FUNCTIONS: Final[dict[str, tuple[int, int, str, Type]]] = {
    "CHAR_LENGTH": (1, 1, "char_length", "number"),
    "CHARACTER_LENGTH": (1, 1, "char_length", "number"),
    "LOWER": (1, 1, "lower_text", "string"),
    "UPPER": (1, 1, "upper_text", "string"),
    "NULLIF": (2, 2, "nullif", "any"),
    "COALESCE": (1, 100, "coalesce", "any"),
    "TO_STRING": (2, 2, "time_text", "string"),
    "TO_TIMESTAMP": (1, 1, "to_time", "timestamp"),
    "UTCNOW": (0, 0, "utc_now", "timestamp"),
}


def case(p: Expressions) -> Expression:
    """`CASE … END`, after its first word."""
    operand = None if p.next.is_word("WHEN") else p.expression()
    parts: list[Expression] = [operand] if operand is not None else []
    results: list[Expression] = []
    sql = "CASE"
    while p.takes_word("WHEN"):
        condition = p.expression()
        p.need_word("THEN")
        result = p.expression()
        test = truth(condition) if operand is None else compared(operand, condition, "=")
        sql += f" WHEN {test} THEN {result.sql}"
        parts.append(condition)
        results.append(result)
    if not results:
        raise p.unexpected("ParseExpectedKeyword")
    if p.takes_word("ELSE"):
        results.append(p.expression())
        sql += f" ELSE {results[-1].sql}"
    p.need_word("END")
    types: set[Type] = {result.type for result in results}
    return made(f"({sql} END)", types.pop() if len(types) == 1 else "any", *parts, *results)


def function(p: Expressions, name: str) -> Expression:
    """A call of a function, after its opening parenthesis."""
    if name in AGGREGATES:
        return _aggregate(p, name)
    if name in ("CAST", "EXTRACT", "TRIM", "SUBSTRING", "DATE_ADD", "DATE_DIFF"):
        found = _SPECIAL[name](p)
        p.need_sign(")", "ParseExpectedRightParenBuiltinFunctionCall")
        return found
    known = FUNCTIONS.get(name)
    if known is None:
        raise refused("UnsupportedFunction", "function", name)
    least, most, function, kind = known
    arguments = [] if p.takes_sign(")") else p.list_of()
    if not least <= len(arguments) <= most:
        raise refused("EvaluatorInvalidArguments", name, len(arguments))
    if function == "coalesce" and len(arguments) == 1:
        return arguments[0]
    return made(f"{function}({', '.join([each.sql for each in arguments])})", kind, *arguments)


def _aggregate(p: Expressions, name: str) -> Expression:
    if p.in_aggregate:
        raise refused("UnsupportedSqlStructure", "aggregate", f"{name} within another")
    p.in_aggregate = True
    if name == "COUNT" and p.takes_sign("*"):
        sql = "1"
    else:
        argument = p.expression()
        sql = argument.sql
    p.in_aggregate = False
    p.need_sign(")", "ParseNonUnaryAgregateFunctionCall")
    p.arguments.append((name, sql))
    kind: Type = "any" if name in ("MAX", "MIN") else "number"
    return Expression(f"aggregate({len(p.arguments) - 1})", kind, aggregates=True)


def _cast(p: Expressions) -> Expression:
    """`CAST(value AS type)`."""
    value = p.expression()
    p.need_word("AS")
    token = p.take()
    known = TYPES.get(token.text.upper()) if token.kind == "name" else None
    if known is None:
        raise refused("ParseExpectedTypeName", f"character {token.place}", token.text)
    if p.takes_sign("("):  # DECIMAL(10, 2): its precision does not change what is read
        p.list_of()
    return made(f"{known[0]}({value.sql})", known[1], value)


def _extract(p: Expressions) -> Expression:
    """`EXTRACT(part FROM time)`."""
    part = _date_part(p, DATE_PARTS)
    p.need_word("FROM")
    value = p.expression()
    return made(f"time_part('{part}', {value.sql})", "number", value)


def _trim(p: Expressions) -> Expression:
    """`TRIM([LEADING | TRAILING | BOTH] [characters FROM] text)`."""
    where = p.take().text.upper() if p.next.is_word("LEADING", "TRAILING", "BOTH") else "BOTH"
    characters: Expression | None = None
    value = None if p.next.is_word("FROM") else p.expression()
    if p.takes_word("FROM"):
        characters, value = value, p.expression()
    assert value is not None
    parts = [value] + ([characters] if characters is not None else [])
    last = characters.sql if characters is not None else "' '"
    return made(f"trimmed('{where}', {value.sql}, {last})", "string", *parts)


def _substring(p: Expressions) -> Expression:
    """`SUBSTRING(text FROM start [FOR length])`, or with commas."""
    value = p.expression()
    if not p.takes_sign(",") and not p.takes_word("FROM"):
        raise p.unexpected()
    parts = [value, p.expression()]
    if p.takes_sign(",") or p.takes_word("FOR"):
        parts.append(p.expression())
    return made(f"part_of({', '.join([each.sql for each in parts])})", "string", *parts)


def _date_add(p: Expressions) -> Expression:
    """`DATE_ADD(part, quantity, time)`."""
    part = _date_part(p, DATE_PARTS[:6])
    p.need_sign(",")
    quantity = p.expression()
    p.need_sign(",")
    value = p.expression()
    return made(f"time_after('{part}', {quantity.sql}, {value.sql})", "timestamp", quantity, value)


def _date_diff(p: Expressions) -> Expression:
    """`DATE_DIFF(part, from, to)`."""
    part = _date_part(p, DATE_PARTS[:6])
    p.need_sign(",")
    first = p.expression()
    p.need_sign(",")
    second = p.expression()
    return made(f"time_between('{part}', {first.sql}, {second.sql})", "number", first, second)


def _date_part(p: Expressions, parts: tuple[str, ...]) -> str:
    token = p.take()
    if token.kind != "name" or token.text.upper() not in parts:
        raise refused("ParseExpectedDatePart", f"character {token.place}", token.text)
    return token.text.upper()


_SPECIAL: dict[str, Callable[[Expressions], Expression]] = {
    "CAST": _cast,
    "EXTRACT": _extract,
    "TRIM": _trim,
    "SUBSTRING": _substring,
    "DATE_ADD": _date_add,
    "DATE_DIFF": _date_diff,
}
