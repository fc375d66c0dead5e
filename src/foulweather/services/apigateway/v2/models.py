"""Models: the JSON schemas of messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.schemas import template_of
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Model, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]
