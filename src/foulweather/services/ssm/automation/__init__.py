"""Automation: runbooks run step by step, by the clock, with the permissions of a role or of who started them."""
