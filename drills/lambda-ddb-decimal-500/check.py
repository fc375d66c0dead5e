"""Each user's profile comes, whole, with numbers as numbers."""

from __future__ import annotations

from typing import cast

from stack import FUNCTION, TABLE, USERS, Website, profile

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.drilling.load.functions import LOGGING, failing, unserved
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five profiles that failed."""
    return failing(lab, "website", "{} profiles could not be shown")


def check(lab: Lab) -> Why | None:
    """Traffic, then what it was told, then the table."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    return unserved(lab, "website", since_ms) or _told(lab, since_ms) or _table(lab) or _role(lab)


def _told(lab: Lab, since_ms: int) -> Why | None:
    told = cast(Website, lab.app("website")).told
    for number in range(USERS):
        at_ms, found = told.get(f"u-{number}", (0, None))
        wanted = profile(number, is_new=bool(lab.struck_at_ms))
        if at_ms <= since_ms:
            return unmended(f"Nobody has seen the profile of u-{number} since.", Fact(FUNCTION, "profiles", 0))
        if found != wanted:
            return unmended(
                f"The profile of u-{number} is shown as {found}, and is {wanted}.", Fact(FUNCTION, "body", found)
            )
    return None


def _table(lab: Lab) -> Why | None:
    for number in range(0, USERS, 2):
        item = lab.client("dynamodb").get_item(TableName=TABLE, Key={"user_id": {"S": f"u-{number}"}}).get("Item", {})
        if lab.struck_at_ms and item.get("age") != {"N": str(30 + number)}:
            return unmended(
                f"The age of u-{number} is not what its user has written.", Fact(TABLE, "age", item.get("age"))
            )
    return None


def _role(lab: Lab) -> Why | None:
    return wide_role(lab, f"{FUNCTION}-role", but=LOGGING)
