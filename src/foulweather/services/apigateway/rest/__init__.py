"""How a stage of a REST API answers a request, step by step in AWS's order."""
