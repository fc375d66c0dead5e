"""How an HTTP API's stage answers a request, step by step in AWS's order."""
