"""WebSocket APIs at work: handshakes, messages, connections, and what is sent back to them."""
