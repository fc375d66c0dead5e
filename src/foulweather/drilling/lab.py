"""The world of one drill (or one run of a campaign): an account, its clients, its applications, its past."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.phones import Phones
from foulweather.gates import GATES
from foulweather.gates.authenticate import authenticate
from foulweather.gates.faults import Faults
from foulweather.kernel.credentials import Credential, Credentials
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Services
from foulweather.meter.meter import Meter
from foulweather.policy import principal as principals
from foulweather.world.world import World

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
LOG_LINES_MAX = 1000
SETTLING_SINCE = "settling_since_ms"


class Line(NamedTuple):
    """What an application wrote down."""

    at_ms: int
    text: str


class Lab:
    """A world to drill in. `apps` are the applications that run in it, by name; `notes` is what a drill's own
    modules want to remember about its stack (queue URLs, ARNs), as JSON values.
    """

    def __init__(self, world: World, services: Services, account: str, region: str = "us-east-1") -> None:
        self.world = world
        self.account = account
        self.region = region
        self.pipeline = Pipeline(world, services, GATES)
        self.usage = Meter.of(world).usage
        self.faults = Faults.of(world)
        self.apps: dict[str, App] = {}
        self.notes: dict[str, Any] = {}
        self.phones = Phones()
        self.struck_at_ms = 0

    @property
    def now_ms(self) -> int:
        """The world's time."""
        return self.world.clock.now_ms

    def settling_since(self, otherwise_ms: int) -> int:
        """When whoever drills asked for the check that is going on; another time where nobody has asked yet."""
        return self.notes.get(SETTLING_SINCE, otherwise_ms)

    def client(self, service: str, identity: Identity | None = None) -> Client:
        """A client as the account's root user, or as somebody else."""
        return Client(self.pipeline, service, identity or Identity(self.account, self.region))

    def identity_of_key(self, access_key_id: str, region: str = "") -> Identity:
        """The identity behind an access key; raises AWS's refusal of one that is inactive, deleted or expired.

        An application asks with every call: what it signed with yesterday may sign no longer.
        """
        caller = authenticate(self.world, _Signed(self.world, access_key_id), is_strict=True, family="query")
        return Identity(caller.account, region or self.region, caller.principal, caller.session, access_key_id)

    def issue_root_key(self) -> Credential:
        """An access key of the account's root user, for whoever works in the lab."""
        ids = self.world.ids
        credential = Credential(
            ids.access_key_id(), ids.secret_key(), self.account, principals.root(self.account), self.now_ms
        )
        self.world.state(Credentials).issue(credential)
        return credential

    # --- names

    def queue_arn(self, name: str) -> str:
        """The ARN of a queue of this account and region, whether or not there is one."""
        return f"arn:aws:sqs:{self.region}:{self.account}:{name}"

    def queue_url(self, name: str) -> str:
        """A queue's URL; raises AWS's refusal where there is no such queue."""
        return self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]

    # --- people

    def enrol_mfa(self, user: str, identity: Identity | None = None) -> str:
        """Give a user a virtual MFA device, as the root user or by somebody's own hand; gives its serial number."""
        return self.phones.enrol(self, user, identity)

    def mfa_code(self, user_or_serial: str) -> str:
        """What the device of a user (or of that serial number) shows now; raises ValueError where there is none."""
        return self.phones.code(user_or_serial, self.now_ms)

    # --- what happens

    def at(self, when_ms: int, do: Callable[[], None]) -> None:
        """Have something done at a time of the world (`incident.py` uses it for what comes later)."""
        self.world.agenda.alarm(when_ms, do)

    def add(self, app: App) -> App:
        """Install an application; it runs from now on."""
        self.apps[app.name] = app
        app.start()
        return app

    def app(self, name: str) -> App:
        """An application by name; raises ValueError where there is none."""
        found = self.apps.get(name)
        if found is None:
            raise ValueError(f"there is no application {name!r} here: {', '.join(sorted(self.apps)) or 'none'}")
        return found

    def deploy(self, app: str, **settings: str) -> None:
        """Change an application's settings, as a release of it does; raises ValueError for what it cannot change."""
        self.app(app).release(settings)
        self.world.journal.append(
            self.now_ms, "app.Deployed", self.account, self.region, app, "deploy", "", dict(settings), True
        )


class _Signed:
    """The proof of an application that knows its key's secret and token: it fails by the key's own state alone."""

    signature = canonical_request = string_to_sign = ""

    def __init__(self, world: World, access_key_id: str) -> None:
        found = world.state(Credentials).by_id.get(access_key_id)
        self.access_key_id = access_key_id
        self.token = found.token if found is not None else ""

    def matches(self, secret: str) -> bool:
        """It signed with the secret."""
        return True


class App:
    """An application in a lab: something with settings that a release can change, and traffic of its own.

    `SETTINGS` gives each setting's choices; the first is the default. `RELEASABLE` are those that a release can
    change (None: all), but for those that are `GIVEN`: how long work takes, that machines die. What no release can
    change is not shown to whoever has to find it out. `log` is what it writes down. Whoever is no application of
    ours (`IS_OURS` False: a thief, a stranger's crawler) is not shown at all.
    """

    SETTINGS: dict[str, tuple[str, ...]] = {}
    RELEASABLE: tuple[str, ...] | None = None
    GIVEN: frozenset[str] = frozenset()
    IS_OURS = True

    def __init__(self, lab: Lab, name: str, **settings: str) -> None:
        self.lab = lab
        self.name = name
        self.settings = {key: choices[0] for key, choices in self.SETTINGS.items()}
        self._check(settings)
        self.settings.update(settings)
        self.log: deque[Any] = deque(maxlen=LOG_LINES_MAX)
        self.is_running = False

    def start(self) -> None:
        """Begin to run."""
        self.is_running = True

    def stop(self) -> None:
        """Run no more."""
        self.is_running = False

    def say(self, text: str) -> None:
        """Write a line to the log."""
        self.log.append(Line(self.lab.now_ms, text))

    # --- settings

    def release(self, settings: dict[str, str]) -> None:
        """Take on new settings by a release; raises ValueError, and changes nothing, for what none can change."""
        released = self.released()
        for key in settings:
            if key in self.settings and key not in released:
                told = f"can set {', '.join(released)}, not {key!r}" if released else "changes nothing"
                raise ValueError(f"a release of {self.name} {told}; the rest is how things are")
        self.deploy(settings)

    def befall(self, **settings: str) -> None:
        """Take on settings that no release can choose: what happens to an application."""
        self.deploy(settings)

    def deploy(self, settings: dict[str, str]) -> None:
        """Take on new settings, all or none."""
        self._check(settings)
        self.settings.update(settings)

    def released(self) -> dict[str, str]:
        """The settings that a release can change, as they are."""
        names = self.settings if self.RELEASABLE is None else self.RELEASABLE
        return {name: self.settings[name] for name in names if name not in self.GIVEN}

    def _check(self, settings: dict[str, str]) -> None:
        for key, value in settings.items():
            choices = self.SETTINGS.get(key)
            if choices is None:
                raise ValueError(f"{self.name} has no setting {key!r}; it has {', '.join(self.SETTINGS) or 'none'}")
            if value not in choices and not (choices[0].isdigit() and value.isdigit()):
                raise ValueError(f"{self.name}: {key} is one of {', '.join(choices)}, not {value!r}")
