from __future__ import annotations

import pytest

from harness import Aws
from services.sts.alone import FakeDirectory, sts_alone, user


@pytest.fixture
def aws() -> Aws:
    """The root caller of a fresh world on a held clock."""
    return sts_alone()


@pytest.fixture
def directory(aws: Aws) -> FakeDirectory:
    fake = FakeDirectory()
    aws.pipeline.directory = fake
    return fake


@pytest.fixture
def alice(aws: Aws, directory: FakeDirectory) -> Aws:
    """A user who may call all of STS."""
    directory.allow(user().arn, "sts:*")
    return aws.as_principal(user())
