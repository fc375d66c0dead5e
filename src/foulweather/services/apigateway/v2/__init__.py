"""Amazon API Gateway V2: HTTP and WebSocket APIs, as they are made and changed."""
