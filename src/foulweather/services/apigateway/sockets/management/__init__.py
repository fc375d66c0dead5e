"""The API Gateway Management API: what a backend may do with a client's connection."""
