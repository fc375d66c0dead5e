"""Objects: written, read and deleted."""
