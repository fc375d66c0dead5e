"""How often a FIFO queue may be called."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.sqs import limits
