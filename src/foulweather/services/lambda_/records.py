"""What Lambda keeps: functions with their versions, aliases and settings, layers, event source mappings."""

from __future__ import annotations

from typing import Any

import msgspec

LATEST = "$LATEST"
JsonObject = dict[str, Any]


class Code(msgspec.Struct):
    """A deployment package: a zip among the world's files, or an image by its URI."""

    file_id: str = ""
    sha256: str = ""
    """Base64 of the digest, as CodeSha256 tells it."""
    size: int = 0
    unzipped: int = 0
    image_uri: str = ""
    resolved_image_uri: str = ""
    source_kms_key: str = ""


class Configuration(msgspec.Struct, kw_only=True):
    """One version of a function, `$LATEST` or a published one, which never changes.

    Members that Lambda only keeps and tells (VpcConfig, TracingConfig, ...) lie in `told` under their
    API names; absent members are absent.
    """

    version: str = LATEST
    package_type: str = "Zip"
    runtime: str = ""
    handler: str = ""
    role: str
    code: Code = msgspec.field(default_factory=Code)
    description: str = ""
    timeout_s: int = 3
    memory_mib: int = 128
    tmp_mib: int = 512
    environment: dict[str, str] = {}
    kms_key: str = ""
    sealed: bytes = b""
    """The environment variables as KMS encrypted them under `kms_key`; empty where Lambda's own key does that."""
    layers: list[str] = []
    """ARNs of layer versions."""
    architectures: list[str] = msgspec.field(default_factory=lambda: ["x86_64"])
    dead_letter: str = ""
    tracing: str = "PassThrough"
    snap_start: str = "None"
    logging: JsonObject = {}
    """LoggingConfig, complete: LogFormat, LogGroup, and the levels of JSON logs."""
    told: JsonObject = {}
    modified_ms: int
    settles_ms: int = 0
    """When the state or update that is under way ends (`lambda.settle_function`); 0 when nothing is under way."""
    revision_id: str
    state: str = "Active"
    state_reason: str = ""
    state_reason_code: str = ""
    update_status: str = "Successful"
    update_reason: str = ""
    update_reason_code: str = ""


class Alias(msgspec.Struct, kw_only=True):
    """A name for a version, or for two with weights."""

    name: str
    version: str
    description: str = ""
    weights: dict[str, float] = {}
    """A second version's share of the invocations."""
    revision_id: str


class Url(msgspec.Struct, kw_only=True):
    """A function URL; its host name begins with `id`."""

    id: str
    auth_type: str
    invoke_mode: str = "BUFFERED"
    cors: JsonObject = {}
    created_ms: int
    modified_ms: int


class AsyncConfig(msgspec.Struct, kw_only=True):
    """How asynchronous invocations of a version or alias are retried, and where their outcome goes."""

    retries_max: int | None = None
    age_s_max: int | None = None
    on_success: str = ""
    on_failure: str = ""
    modified_ms: int


class Provisioned(msgspec.Struct, kw_only=True):
    """Environments that are kept ready for a version or alias."""

    requested: int
    allocated: int = 0
    status: str = "IN_PROGRESS"
    status_reason: str = ""
    modified_ms: int


class Function(msgspec.Struct, kw_only=True):
    """A function: what belongs to all of it, and to each of its versions and aliases (by qualifier; "" is none)."""

    name: str
    account: str
    region: str
    latest: Configuration
    before: Configuration | None = None
    """What invocations of `$LATEST` still run while an update is under way."""
    versions: dict[str, Configuration] = {}
    versions_published: int = 0
    aliases: dict[str, Alias] = {}
    policies: dict[str, str] = {}
    """Resource policies, as JSON, by qualifier."""
    policy_revisions: dict[str, str] = {}
    urls: dict[str, Url] = {}
    async_configs: dict[str, AsyncConfig] = {}
    """By qualifier; `$LATEST` where there is none."""
    provisioned: dict[str, Provisioned] = {}
    reserved: int | None = None
    recursive_loop: str = "Terminate"
    runtime_management: dict[str, JsonObject] = {}
    code_signing: str = ""
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The function's ARN, without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    def qualified(self, qualifier: str) -> str:
        """The ARN of a version or alias, or of the function where there is no qualifier."""
        return f"{self.arn}:{qualifier}" if qualifier else self.arn

    @property
    def serving(self) -> Configuration:
        """What an invocation of `$LATEST` runs: the code and configuration before an update that is under way."""
        return self.before or self.latest

    def configuration(self, version: str) -> Configuration | None:
        """A version's configuration."""
        return self.latest if version == LATEST else self.versions.get(version)


class Layer(msgspec.Struct, kw_only=True):
    """A layer, which outlives its versions: no later version gets a number again."""

    name: str
    last: int = 0


class SigningConfig(msgspec.Struct, kw_only=True):
    """A code signing configuration: whose signatures functions want, and what happens to code without one."""

    id: str
    arn: str
    description: str = ""
    publishers: list[str]
    untrusted: str = "Warn"
    modified_ms: int
    tags: dict[str, str] = {}


class LayerVersion(msgspec.Struct, kw_only=True):
    """One version of a layer."""

    layer: str
    account: str
    region: str
    version: int
    code: Code
    description: str = ""
    license: str = ""
    runtimes: list[str] = []
    architectures: list[str] = []
    created_ms: int
    policy: str = ""
    policy_revision: str = ""
    is_deleted: bool = False
    """Nobody finds it any more; functions that have it go on using it."""

    @property
    def arn(self) -> str:
        """The version's ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:layer:{self.layer}:{self.version}"


class Mapping(msgspec.Struct, kw_only=True):
    """An event source mapping; `settings` are the API's own members (BatchSize, FilterCriteria, ...), complete."""

    uuid: str
    account: str
    region: str
    function_arn: str
    """With its qualifier, if it was made for one."""
    source_arn: str
    settings: JsonObject = {}
    state: str = "Creating"
    state_reason: str = "USER_INITIATED"
    last_result: str = "No records processed"
    modified_ms: int
    tags: dict[str, str] = {}
    is_enabled: bool = True
    """Whether it is to be (or become) `Enabled` once the change that is under way has ended."""
    made_ms: int = 0
    positions: dict[str, str] = {}
    """How far each shard of a stream has been read: the sequence number of the last record that is done with."""
    windows: dict[str, JsonObject] = {}
    """The open tumbling windows of a stream, by shard and lane: their times, and the state last returned."""

    @property
    def arn(self) -> str:
        """The mapping's ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account}:event-source-mapping:{self.uuid}"
