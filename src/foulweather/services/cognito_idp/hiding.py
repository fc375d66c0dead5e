"""Answers for users who do not exist, from clients that do not tell so."""

from __future__ import annotations


def simulated(name: str) -> dict[str, str]:
    """Where a code would have gone: nobody is to learn that there is no such user."""
    return {"Destination": f"{name[:1]}***@{name[-1:]}***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
