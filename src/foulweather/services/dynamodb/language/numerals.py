"""DynamoDB's number: 38 significant digits, magnitudes from 1E-130 to 9.99...E+125, exchanged as text.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, Overflow
from functools import lru_cache
from typing import Final

from foulweather.services.dynamodb.language.refusals import LanguageError

DIGITS_MAX: Final = 38
EXPONENT_MAX: Final = 125
EXPONENT_MIN: Final = -130
REMEMBERED_MAX: Final = 64

_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r"-?(?:[1-9][0-9]{0,18}|0)")
# Exact for any two numbers in range (126 + 130 + 38 digits); what does not fit DIGITS_MAX is refused afterwards.
_EXACT = Context(prec=300, Emax=999_999, Emin=-999_999, traps=[Inexact, Overflow])

OVERFLOW: Final = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW: Final = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_PRECISE: Final = "Attempting to store more than 38 significant digits in a Number"


def read(text: str) -> tuple[str, int]:
    """A numeral in the form in which DynamoDB gives it back, and its size in bytes."""
    return _remembered(text) if len(text) <= REMEMBERED_MAX else _read(text)


def _read(text: str) -> tuple[str, int]:
    if _PLAIN.fullmatch(text) and text != "-0":
        return text, _size(text)
    if not _NUMERAL.fullmatch(text):
        words = "The parameter cannot be converted to a numeric value"
        raise LanguageError(f"{words}: {text}" if text else words)
    canonical = plain(_checked(text))
    return canonical, _size(canonical)


_remembered = lru_cache(maxsize=16_384)(_read)


def plain(number: Decimal) -> str:
    """A number as DynamoDB writes it: no exponent, no zeros that say nothing."""
    if not number:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=16_384)
def decimal(text: str) -> Decimal:
    """The value of a numeral that has been read."""
    return Decimal(text)


def add(one: str, other: str) -> str:
    """The sum of two numerals, refused when it cannot be stored."""
    return _stored(_EXACT.add(decimal(one), decimal(other)))


def subtract(one: str, other: str) -> str:
    """The difference of two numerals, refused when it cannot be stored."""
    return _stored(_EXACT.subtract(decimal(one), decimal(other)))


def _stored(number: Decimal) -> str:
    if not number:
        return "0"
    if number.adjusted() > EXPONENT_MAX:
        raise LanguageError(OVERFLOW)
    if number.adjusted() < EXPONENT_MIN:
        raise LanguageError(UNDERFLOW)
    text = plain(number)
    if len(text.lstrip("-").replace(".", "").strip("0")) > DIGITS_MAX:
        # DynamoDB names the magnitude when a sum needs more digits than it keeps.
        raise LanguageError(OVERFLOW)
    return text


def _checked(text: str) -> Decimal:
    mantissa, _, exponent = text.replace("E", "e").partition("e")
    digits = mantissa.lstrip("+-")
    whole, _, fraction = digits.partition(".")
    significant = (whole + fraction).lstrip("0")
    if len(significant.rstrip("0")) > DIGITS_MAX:
        raise LanguageError(TOO_PRECISE)
    if not significant:
        return Decimal(0)
    # The exponent may be absurd: it is never expanded before it is known to be in range.
    shift = _capped(exponent)
    adjusted = len(significant) - len(fraction) + shift - 1
    if adjusted > EXPONENT_MAX:
        raise LanguageError(OVERFLOW)
    if adjusted < EXPONENT_MIN:
        raise LanguageError(UNDERFLOW)
    sign = "-" if mantissa.startswith("-") else ""
    kept = significant.rstrip("0")
    return Decimal(f"{sign}{kept}E{shift - len(fraction) + len(significant) - len(kept)}")


def _capped(exponent: str) -> int:
    if not exponent:
        return 0
    digits = exponent.lstrip("+-").lstrip("0") or "0"
    size = int(digits) if len(digits) < 8 else 10_000_000
    return -size if exponent.startswith("-") else size


def _size(canonical: str) -> int:
    """A byte for two significant digits, and one more; negative numbers take another."""
    digits = canonical.lstrip("-").replace(".", "").strip("0")
    if not digits:
        return 1
    return (len(digits) + 1) // 2 + (2 if canonical[0] == "-" else 1)
