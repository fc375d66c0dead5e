"""Java's patterns of dates and times: `EEEE dd. MMMM yyyy HH:mm:ss`.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/time/format/DateTimeFormatter.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foulweather.kernel import linear_patterns
from foulweather.kernel.errors import not_implemented
from foulweather.services.logs.transforming.errors import InvalidTransformer

_TOKEN: Final = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|([^A-Za-z'])", re.DOTALL)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OFFSET: Final = re.compile(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?")
# A letter: its value in a time, the digits that it takes where it stands among others, and its smallest and largest.
_NUMBERS: Final = {
    "M": ("month", 2, 1, 12),
    "L": ("month", 2, 1, 12),
    "d": ("day", 2, 1, 31),
    "H": ("hour", 2, 0, 23),
    "k": ("hour", 2, 1, 24),
    "h": ("half", 2, 1, 12),
    "K": ("half", 2, 0, 11),
    "m": ("minute", 2, 0, 59),
    "s": ("second", 2, 0, 59),
    "D": ("yday", 3, 1, 366),
}
_ENGLISH: Final = ("", "en", "root", "locale.root", "en_us", "en-us", "en_gb", "en-gb")


def zone(name: str) -> tzinfo:
    """A time zone by a name that Java knows: `UTC`, `Europe/Berlin`, `+02:00`."""
    if name in ("UTC", "GMT", "Z"):
        return UTC
    if (found := _OFFSET.fullmatch(name)) is not None and int(found[2]) <= 18:
        span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-span if found[1] == "-" else span)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidTransformer(f"Invalid time zone '{name}'.") from None


class Format:
    """A compiled pattern."""

    def __init__(self, pattern: str, locale: str | None = None) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(pattern):
            found = _TOKEN.match(pattern, at)
            if found is None:
                raise InvalidTransformer(f"Invalid date time pattern '{pattern}'.")
            at = found.end()
            if found[2] is None:
                literal = found[3] if found[3] is not None else (found[1] or "'").replace("''", "'")
                if literal in ("[", "]", "{", "}", "#") and found[1] is None:
                    raise not_implemented("logs", f"dateTimeConverter pattern with {literal}")
                self._tokens.append(("", literal))
            else:
                self._tokens.append((found[2], found[0]))
        for letter, text in self._tokens:
            is_text = letter in ("E", "a") or (letter in ("M", "L") and len(text) > 2)
            if is_text and (locale or "").lower() not in _ENGLISH:
                raise not_implemented("logs", f"dateTimeConverter.locale={locale}")
            if letter and letter not in _NUMBERS and letter not in "yuESanzZXxVO":
                raise not_implemented("logs", f"dateTimeConverter pattern letter {letter}")
        self._groups: list[str] = []
        whole = "".join([self._part(*token) for token in self._tokens])
        self._expression = linear_patterns.compiled(rf"\A{whole}\Z")

    def _part(self, letter: str, text: str) -> str:
        """One token as a regular expression, each of bounded length."""
        count = len(text)
        if not letter:
            return re.escape(text)
        self._groups.append(letter)
        if letter in ("y", "u"):
            return r"(\d{2})" if count == 2 else r"(\d{4})" if count >= 3 else r"(\d{1,9})"
        if letter == "S":
            return rf"(\d{{{min(count, 9)}}})"
        if letter == "n":
            return r"(\d{1,9})"
        if letter == "E":
            return "(" + "|".join(day if count >= 4 else day[:3] for day in _DAYS) + ")"
        if letter in ("M", "L") and count >= 3:
            return "(" + "|".join(month if count >= 4 else month[:3] for month in _MONTHS) + ")"
        if letter == "a":
            return "([AaPp][Mm])"
        if letter in ("Z", "X", "x", "O"):
            return r"(Z|(?:GMT|UTC)?[+-]\d{1,2}:?(?:\d{2})?|GMT|UTC)"
        if letter in ("z", "V"):
            return r"([A-Za-z][A-Za-z_+-]{1,30}(?:/[A-Za-z_+-]{1,30}){0,2})"
        most = _NUMBERS[letter][1]
        return rf"(\d{{{count}}})" if count > 1 else rf"(\d{{1,{most}}})"

    def read(self, text: str, default: tzinfo) -> datetime | None:
        """The time that a text of the pattern's form says; None for another text."""
        found = self._expression.search(text)
        if found is None:
            return None
        values = {"year": 1970, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "nano": 0}
        at_zone = default
        afternoon, half, yday = None, None, None
        for letter, part in zip(self._groups, found.groups(), strict=True):
            if letter in ("y", "u"):
                values["year"] = 2000 + int(part) if len(part) == 2 else int(part)
            elif letter in ("M", "L") and not part.isdigit():
                values["month"] = next(n for n, month in enumerate(_MONTHS, 1) if month[:3] == part[:3])
            elif letter == "S":
                values["nano"] = int(part.ljust(9, "0"))
            elif letter == "n":
                values["nano"] = int(part)
            elif letter == "a":
                afternoon = part[0] in "Pp"
            elif letter in "zVZXxO":
                try:
                    at_zone = zone(part)
                except InvalidTransformer:
                    return None
            elif letter in _NUMBERS:
                name, _, low, high = _NUMBERS[letter]
                if not low <= int(part) <= high:
                    return None
                half, yday = (int(part) if name == "half" else half), (int(part) if name == "yday" else yday)
                values[name] = int(part) % 24 if name == "hour" else int(part)
        if half is not None:
            values["hour"] = half % 12 + (12 if afternoon else 0)
        return _at(values, at_zone, yday)

    def written(self, at: datetime) -> str:
        """A time in the pattern's form."""
        return "".join([_written(letter, text, at) for letter, text in self._tokens])


def _at(values: dict[str, int], at_zone: tzinfo, yday: int | None) -> datetime | None:
    try:
        micro = values["nano"] // 1000
        month, day = (1, 1) if yday is not None else (values["month"], values["day"])
        at = datetime(
            values["year"], month, day, values["hour"], values["minute"], values["second"], micro, tzinfo=at_zone
        )
        return at if yday is None else at + timedelta(days=yday - 1)
    except (ValueError, OverflowError):
        return None


def _written(letter: str, text: str, at: datetime) -> str:
    count = len(text)
    if not letter:
        return text
    if letter in ("y", "u"):
        return f"{at.year % 100:02d}" if count == 2 else str(at.year).zfill(count)
    if letter in ("M", "L") and count >= 3:
        return _MONTHS[at.month - 1] if count >= 4 else _MONTHS[at.month - 1][:3]
    if letter == "E":
        return _DAYS[at.weekday()] if count >= 4 else _DAYS[at.weekday()][:3]
    if letter == "a":
        return "PM" if at.hour >= 12 else "AM"
    if letter == "S":
        return f"{at.microsecond:06d}000"[:count]
    if letter == "n":
        return str(at.microsecond * 1000).zfill(count)
    if letter == "V":
        return str(at.tzinfo)
    if letter == "z":
        return at.tzname() or ""
    if letter in ("Z", "X", "x", "O"):
        return _offset(letter, count, at)
    half = at.hour % 12
    number = {
        "M": at.month,
        "L": at.month,
        "d": at.day,
        "H": at.hour,
        "k": at.hour or 24,
        "K": half,
        "h": half or 12,
        "m": at.minute,
        "s": at.second,
        "D": at.timetuple().tm_yday,
    }[letter]
    return str(number).zfill(count)


def _offset(letter: str, count: int, at: datetime) -> str:
    minutes = int((at.utcoffset() or timedelta()).total_seconds()) // 60
    if letter == "X" and not minutes:
        return "Z"
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    if letter == "O":
        return "GMT" if not minutes else f"GMT{sign}{hours}" + (f":{rest:02d}" if rest else "")
    if letter == "Z":
        return f"{sign}{hours:02d}{rest:02d}" if count < 4 else f"{sign}{hours:02d}:{rest:02d}"
    if count == 1:
        return f"{sign}{hours:02d}" + (f"{rest:02d}" if rest else "")
    return f"{sign}{hours:02d}{rest:02d}" if count in (2, 4) else f"{sign}{hours:02d}:{rest:02d}"
