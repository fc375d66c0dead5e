from __future__ import annotations

from foulweather.kernel.service import Rate

RATES = {
    "SendMessage": Rate(2, 3, "TooMuch", "Slow down", 429),
    "PurgeQueue": Rate(1, 1, by="resource"),
}
