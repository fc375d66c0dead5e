"""The host names of prefix domains; alone, for whoever routes by them loads no more than this."""

from __future__ import annotations

HOSTS = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.auth\.[a-z0-9-]+\.(?:amazoncognito\.com(?:\.localhost)?|localhost)"
