"""Associations of State Manager: runbooks run on a schedule. Those of documents for nodes are not built."""
