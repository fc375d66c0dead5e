"""How traces are encrypted: by X-Ray itself, or under a key of one's own.

https://docs.aws.amazon.com/xray/latest/devguide/xray-console-encryption.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.answers import after
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.xray import limits
from foulweather.services.xray.state import Settings, XrayState

Request = Mapping[str, Any]
KEY = "default"
