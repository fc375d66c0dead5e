"""The IAM policy language and its evaluation: pure functions."""
