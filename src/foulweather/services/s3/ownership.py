"""Object ownership: who owns what is uploaded to a bucket, and whether it takes access control lists.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.services.s3 import refusals

ENFORCED = "BucketOwnerEnforced"
CHOICES = (ENFORCED, "BucketOwnerPreferred", "ObjectWriter")


def chosen(request: Mapping[str, Any]) -> str:
    """The ownership of a new bucket: its owner enforces, unless the request says otherwise."""
    asked = request.get("ObjectOwnership") or ENFORCED
    if asked not in CHOICES:
        raise refusals.invalid_argument("x-amz-object-ownership", asked, "Invalid x-amz-object-ownership header")
    return asked
