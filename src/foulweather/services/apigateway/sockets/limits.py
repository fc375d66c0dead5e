"""What bounds WebSocket APIs; none of it is adjustable (the rate of new connections is: `quotas.py`).

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

IDLE_MS = 10 * 60_000
LONGEST_MS = 2 * 3_600_000
FRAME_BYTES_MAX = 32 << 10
MESSAGE_BYTES_MAX = 128 << 10
TIMEOUT_MS = 29_000
AUTHORIZER_TIMEOUT_MS = 29_000
AUTHORIZER_ANSWER_BYTES_MAX = 8 << 10
