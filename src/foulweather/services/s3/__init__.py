"""Amazon S3: buckets, objects and their versions, and what happens to them by themselves."""

from __future__ import annotations

from foulweather.kernel.service import Service
from foulweather.services.s3.addresses import WEBSITE_HOSTS

SERVICE = Service(
    name="s3",
    package=__name__,
    modules=(
        "buckets",
        "versioning",
        "objects",
        "copying",
        "deleting",
        "attributes",
        "listing",
        "multipart",
        "parts",
    ),
    # Everybody may ask; policies and access control lists decide about nobody too.
    takes_anonymous=True,
    hosts=WEBSITE_HOSTS,
    has_traffic=True,
)
