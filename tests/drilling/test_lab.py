"""The lab: whom an application's key stands for."""

from __future__ import annotations

import base64

import pytest

from foulweather.drilling.lab import MINUTE_MS, SETTLING_SINCE, App, Lab
from foulweather.drilling.phones import code_at
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError
from foulweather.wire.cloud import Cloud
from foulweather.world.world import World


@pytest.fixture
def lab() -> Lab:
    services = Cloud(World(name="none", mode="held")).services
    world = World(name="lab", seed=7, mode="held", start_ms=1_767_600_000_000)
    return Lab(world, services, world.ids.account())


def _key(lab: Lab) -> str:
    lab.client("iam").create_user(UserName="app")
    return lab.client("iam").create_access_key(UserName="app")["AccessKey"]["AccessKeyId"]


def test_a_key_stands_for_its_user(lab: Lab) -> None:
    identity = lab.identity_of_key(_key(lab))
    assert identity.principal.arn == f"arn:aws:iam::{lab.account}:user/app"
    assert lab.client("sts", identity).get_caller_identity()["Arn"] == identity.principal.arn


@pytest.mark.parametrize("how", ["inactive", "deleted"])
def test_a_key_that_signs_no_longer_is_refused(lab: Lab, how: str) -> None:
    key, iam = _key(lab), lab.client("iam")
    if how == "inactive":
        iam.update_access_key(UserName="app", AccessKeyId=key, Status="Inactive")
    else:
        iam.delete_access_key(UserName="app", AccessKeyId=key)
    with pytest.raises(AwsError) as refused:
        lab.identity_of_key(key)
    assert refused.value.code == "InvalidClientTokenId"
    assert how in refused.value.why.cause


async def test_a_session_is_refused_when_it_has_expired(lab: Lab) -> None:
    user = lab.identity_of_key(_key(lab))
    made = lab.client("sts", user).get_session_token(DurationSeconds=900)["Credentials"]
    assert lab.identity_of_key(made["AccessKeyId"]).principal == user.principal
    await lab.world.advance_to(made["Expiration"])
    with pytest.raises(AwsError) as refused:
        lab.identity_of_key(made["AccessKeyId"])
    assert refused.value.code == "ExpiredToken"


class Clock(App):
    """An application with settings of three kinds."""

    SETTINGS = {"hands": ("2",), "chime": ("off", "on"), "wear_ppm": ("0",)}
    GIVEN = frozenset({"wear_ppm"})


def test_a_release_cannot_choose_what_is_given(lab: Lab) -> None:
    lab.add(Clock(lab, "clock"))
    lab.deploy("clock", chime="on")
    with pytest.raises(ValueError, match="a release of clock can set hands, chime, not 'wear_ppm'"):
        lab.deploy("clock", hands="3", wear_ppm="9")
    assert lab.app("clock").settings == {"hands": "2", "chime": "on", "wear_ppm": "0"}
    lab.app("clock").befall(wear_ppm="9")
    assert lab.app("clock").settings["wear_ppm"] == "9"


def test_what_is_given_is_not_shown(lab: Lab) -> None:
    assert lab.add(Clock(lab, "clock")).released() == {"hands": "2", "chime": "off"}


def test_an_application_with_nothing_to_release_says_so(lab: Lab) -> None:
    clock = Clock(lab, "clock")
    clock.RELEASABLE = ()
    lab.add(clock)
    with pytest.raises(ValueError, match="changes nothing"):
        lab.deploy("clock", chime="on")
    assert clock.released() == {}


def test_what_a_user_and_a_setting_are_not_is_refused(lab: Lab) -> None:
    lab.add(Clock(lab, "clock"))
    with pytest.raises(ValueError, match="no setting 'colour'"):
        lab.deploy("clock", colour="red")
    with pytest.raises(ValueError, match="no application 'watch' here: clock"):
        lab.deploy("watch", chime="on")
    with pytest.raises(ValueError, match="ann has no MFA device"):
        lab.mfa_code("ann")


async def test_a_phone_shows_codes_that_sts_takes(lab: Lab) -> None:
    key = _key(lab)
    serial = lab.enrol_mfa("app")
    await lab.world.advance_to(lab.now_ms + 90_000)
    assert lab.mfa_code("app") == lab.mfa_code(serial)
    sts = lab.client("sts", lab.identity_of_key(key))
    made = sts.get_session_token(SerialNumber=serial, TokenCode=lab.mfa_code("app"))
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_a_code_is_that_of_the_standard() -> None:
    seed = base64.b32encode(b"12345678901234567890").decode()
    # RFC 6238, appendix B, SHA-1: the last six digits.
    assert [code_at(seed, s * 1000) for s in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


class Job(Regular):
    """Something that works every other time."""

    def run(self) -> None:
        """Ask for a queue that is there, or one that is not."""
        self.lab.queue_url("there" if len(self.runs) % 2 else "gone")


def test_before_the_first_check_the_time_given_counts(lab: Lab) -> None:
    assert lab.settling_since(5) == 5
    lab.notes[SETTLING_SINCE] = 7
    assert lab.settling_since(5) == 7


async def test_a_regular_application_tells_how_it_went(lab: Lab) -> None:
    lab.client("sqs").create_queue(QueueName="there")
    job = Job(lab, "job")
    lab.add(job)
    start_ms = lab.now_ms
    await lab.world.advance_to(start_ms + 60 * MINUTE_MS)
    assert [(run.at_ms - start_ms) // MINUTE_MS for run in job.runs] == [15, 30, 45, 60]
    assert [bool(run.error) for run in job.runs] == [True, False, True, False]
    assert job.failed_since(start_ms + 50 * MINUTE_MS) is None
    assert [line.text.partition(":")[0] for line in job.log] == ["QueueDoesNotExist"] * 2
