"""What a calculator takes: each input reads its own text, and refuses what cannot be."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Network

import msgspec

from foulweather.drilling.calculators.formula import Value
from foulweather.drilling.calculators.numbers import grouped

MOST = Decimal("1e15")
FINEST = Decimal("1e-12")
"""Nothing that is measured or priced is smaller, unless it is nothing."""
TEXT_CHARACTERS_MAX = 2_000
SUFFIXES = {"k": Decimal(1_000), "M": Decimal(1_000_000), "G": Decimal(1_000_000_000)}
DURATION_MINUTES = {"": 1, "s": Decimal(1) / 60, "m": 1, "h": 60, "d": 1440}


class Refusal(ValueError):
    """An input is missing, unknown or impossible; the message says which and what would do."""


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """One named input: its unit, kind, default and range, and how its text is read."""

    name: str
    help: str
    default: str
    unit: str = ""
    kind: str = "number"
    least: Decimal = Decimal(0)
    most: Decimal = MOST
    choices: tuple[str, ...] = ()

    def read(self, text: str) -> Value:
        """The value that a text stands for."""
        if len(text) > TEXT_CHARACTERS_MAX:
            raise Refusal(f"{self.name}: more than {TEXT_CHARACTERS_MAX:,} characters")
        return READERS[self.kind](self, text.strip())

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        match self.kind:
            case "choice":
                return " | ".join(self.choices)
            case "flag":
                return "yes | no"
            case "date":
                return "a date such as 2024-10-31, or nothing for the latest prices"
            case "networks":
                return "IPv4 CIDR blocks, with commas in between"
            case "amounts":
                return "amounts, with + in between"
            case _:
                what = {"count": "a whole number", "duration": "a duration such as 15m, 4h, 2d"}.get(
                    self.kind, "a number"
                )
                most = f" to {grouped(self.most)}" if self.most < MOST else " or more"
                return f"{what}, {grouped(self.least)}{most}"

    def refusal(self, text: str) -> Refusal:
        """The refusal of a text."""
        return Refusal(f"{self.name}={text} cannot be: {self.allowed}{f' ({self.unit})' if self.unit else ''}.")


def count(name: str, default: int, help: str, unit: str = "", least: int = 0, most: int = int(MOST)) -> Input:
    """A whole number of things."""
    return Input(
        name=name,
        kind="count",
        default=str(default),
        help=help,
        unit=unit,
        least=Decimal(least),
        most=Decimal(most),
    )


def quantity(name: str, default: str, help: str, unit: str = "", least: str = "0", most: str = str(int(MOST))) -> Input:
    """A measured quantity."""
    return Input(name=name, default=default, help=help, unit=unit, least=Decimal(least), most=Decimal(most))


def choice(name: str, choices: tuple[str, ...], help: str) -> Input:
    """One of several; the first is the default."""
    return Input(name=name, kind="choice", default=choices[0], choices=choices, help=help)


def flag(name: str, help: str, default: str = "no") -> Input:
    """Yes or no."""
    return Input(name=name, kind="flag", default=default, help=help)


def hours(default: str = "730") -> Input:
    """The hours of the month that is priced."""
    return quantity("hours", default, "hours in the month (730 is a twelfth of a year)", "h", "0.01", "744")


def _number(of: Input, text: str) -> Decimal:
    scale = Decimal(1)
    bare = text.replace(",", "").replace("_", "")
    if bare and bare[-1] in SUFFIXES:
        scale, bare = SUFFIXES[bare[-1]], bare[:-1].rstrip()
    try:
        value = Decimal(bare)
        found = value * scale
    except (ArithmeticError, ValueError):
        raise of.refusal(text) from None
    # Also refuses NaN and infinities, which compare with nothing.
    if not found.is_finite() or not of.least <= found <= of.most or 0 < abs(found) < FINEST:
        raise of.refusal(text)
    return found


def _count(of: Input, text: str) -> Decimal:
    found = _number(of, text)
    if found != found.to_integral_value():
        raise of.refusal(text)
    return found.to_integral_value()


def _choice(of: Input, text: str) -> str:
    if text not in of.choices:
        raise of.refusal(text)
    return text


def _flag(of: Input, text: str) -> bool:
    if text.lower() in ("yes", "true", "1", "on"):
        return True
    if text.lower() in ("no", "false", "0", "off"):
        return False
    raise of.refusal(text)


def _date(of: Input, text: str) -> str:
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError:
        raise of.refusal(text) from None


def _duration(of: Input, text: str) -> Decimal:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhd]?)", text)
    if found is None:
        raise of.refusal(text)
    minutes = Decimal(found[1]) * DURATION_MINUTES[found[2]]
    if not of.least <= minutes <= of.most:
        raise of.refusal(text)
    return minutes


def _amounts(of: Input, text: str) -> tuple[Decimal, ...]:
    return tuple(_number(of, part.strip()) for part in text.split("+"))


def _networks(of: Input, text: str) -> str:
    return ",".join(str(network) for network in networks(of, text))


def networks(of: Input, text: str) -> list[IPv4Network]:
    """The CIDR blocks of a text."""
    found: list[IPv4Network] = []
    for part in (part.strip() for part in text.split(",")):
        if not part:
            continue
        try:
            if "/" not in part:
                raise ValueError("no prefix length")
            found.append(IPv4Network(part, strict=True))
        except ValueError as error:
            raise Refusal(f"{of.name}={part} cannot be: {error}; it takes {of.allowed}.") from None
    return found


READERS: dict[str, Callable[[Input, str], Value]] = {
    "number": _number,
    "count": _count,
    "choice": _choice,
    "flag": _flag,
    "date": _date,
    "duration": _duration,
    "amounts": _amounts,
    "networks": _networks,
}
