"""Environments in which functions run: real processes behind walls, on the world's clock."""
