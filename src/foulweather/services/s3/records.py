"""The rows of S3: buckets, versions of objects, uploads under way."""

from __future__ import annotations

from typing import Any

import msgspec

NULL_VERSION = "null"
"""The version id of what is written while versioning is not enabled."""


class Grant(msgspec.Struct, frozen=True, omit_defaults=True):
    """One grant of an access control list: to a canonical user id, or to a group by its URI."""

    permission: str
    canonical_id: str = ""
    group: str = ""


class Bucket(msgspec.Struct, omit_defaults=True):
    """One bucket. `settings` holds its sub-resources by name (`cors`, `lifecycle`, `inventory/<id>` ...),

    each as its Put operation was given it (API member names, checked). A missing one is not configured.
    `versioning` is empty, `Enabled` or `Suspended`. `has_lock`: object lock, which is for good.
    """

    name: str
    account: str
    region: str
    created_ms: int
    versioning: str = ""
    mfa_delete: bool = False
    has_lock: bool = False
    policy: str = ""
    ownership: str = "BucketOwnerEnforced"
    grants: list[Grant] = []
    tags: dict[str, str] = {}
    settings: dict[str, Any] = {}

    @property
    def arn(self) -> str:
        """Its ARN, which names neither region nor account."""
        return f"arn:aws:s3:::{self.name}"


class Segment(msgspec.Struct, frozen=True):
    """A file that holds (a part of) an object's bytes."""

    file: str
    size: int


class PartSummary(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is remembered of one part of an object that was uploaded in parts."""

    number: int
    size: int
    checksum: str = ""


class Checksum(msgspec.Struct, frozen=True, omit_defaults=True):
    """A checksum that an object has: `value` in base64 (composite ones with `-N`), `kind` FULL_OBJECT or COMPOSITE."""

    algorithm: str
    value: str
    kind: str = "FULL_OBJECT"


class Encryption(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an object is encrypted at rest.

    `algorithm` is `AES256`, `aws:kms` or `aws:kms:dsse`, empty for SSE-C. `customer_key_md5` and
    `customer_key_proof` (a salted hash) tell whether a reader of SSE-C brings the right key.
    """

    algorithm: str = "AES256"
    key_arn: str = ""
    context: str = ""
    has_bucket_key: bool = False
    data_key: bytes = b""
    customer_key_md5: str = ""
    customer_key_proof: bytes = b""


SSE_S3 = Encryption()


class Retention(msgspec.Struct, frozen=True):
    """An object lock: `GOVERNANCE` or `COMPLIANCE`, until a time."""

    mode: str
    until_ms: int


class Described(msgspec.Struct, omit_defaults=True):
    """What an uploader says about an object, whichever way its bytes come."""

    content_type: str = "binary/octet-stream"
    headers: dict[str, str] = {}
    """CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires, WebsiteRedirectLocation."""
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    storage_class: str = "STANDARD"
    encryption: Encryption = SSE_S3
    grants: list[Grant] = []
    retention: Retention | None = None
    legal_hold: bool = False


class Version(msgspec.Struct, omit_defaults=True):
    """One version of an object, or a delete marker. Its bytes are `inline`, or in `segments` one after another.

    `sequence` orders versions by age in the whole world and is the row's key. `notes` holds what services
    of time add (restore, replication status), by name.
    """

    sequence: int
    bucket: str
    key: str
    id: str
    owner: str
    modified_ms: int
    is_delete_marker: bool = False
    size: int = 0
    etag: str = ""
    inline: bytes = b""
    segments: list[Segment] = []
    about: Described = msgspec.field(default_factory=Described)
    checksum: Checksum | None = None
    parts: list[PartSummary] = []
    notes: dict[str, Any] = {}

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


class Part(msgspec.Struct, omit_defaults=True):
    """One part of an upload under way."""

    number: int
    etag: str
    size: int
    modified_ms: int
    inline: bytes = b""
    segments: list[Segment] = []
    checksum: str = ""
    sent: Checksum | None = None
    """What its uploader sent, where the upload has no algorithm of its own."""


class Upload(msgspec.Struct, omit_defaults=True):
    """A multipart upload under way; its parts are rows of their own (`<upload id>/<number>`)."""

    id: str
    bucket: str
    key: str
    account: str
    owner: str
    initiated_ms: int
    about: Described
    checksum_algorithm: str = ""
    checksum_kind: str = ""
    initiator: str = ""
