"""Maintenance windows: hours on a schedule in which tasks may begin, and what came of them."""
