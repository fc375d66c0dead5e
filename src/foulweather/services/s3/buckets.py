"""Buckets: made, listed, found and deleted."""
