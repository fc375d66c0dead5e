from __future__ import annotations

from foulweather.kernel.service import Access

ACCESS = {"GetUser": Access("iam:GetUser")}
