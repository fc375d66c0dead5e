"""Each module builds one configuration that people run in AWS, through boto3, and holds the product to its promises."""

from __future__ import annotations

import pytest

from foulweather.testing import Aws


@pytest.fixture
def aws(foulweather_world: Aws) -> Aws:
    """An in-process cloud on a held clock."""
    return foulweather_world
