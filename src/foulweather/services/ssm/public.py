"""Parameters that AWS publishes: the latest images of Amazon Linux and Windows Server.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
https://docs.aws.amazon.com/linux/al2023/ug/ec2.html

AWS's image ids change with every release and are others in every Region. A world has images of its own: an id follows
from the Region and the parameter's name, and stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

LINUX: Final = "/aws/service/ami-amazon-linux-latest"
WINDOWS: Final = "/aws/service/ami-windows-latest"
PUBLISHED_MS: Final = 1_633_564_243_294
_LINUX: Final = """
al2023-ami-kernel-6.1-arm64 al2023-ami-kernel-6.1-x86_64 al2023-ami-kernel-default-arm64
al2023-ami-kernel-default-x86_64 al2023-ami-minimal-kernel-6.1-arm64 al2023-ami-minimal-kernel-6.1-x86_64
al2023-ami-minimal-kernel-default-arm64 al2023-ami-minimal-kernel-default-x86_64
amzn-ami-hvm-x86_64-ebs amzn-ami-hvm-x86_64-gp2 amzn-ami-hvm-x86_64-s3 amzn-ami-minimal-hvm-x86_64-ebs
amzn-ami-minimal-hvm-x86_64-s3 amzn-ami-minimal-pv-x86_64-ebs amzn-ami-minimal-pv-x86_64-s3 amzn-ami-pv-x86_64-ebs
amzn-ami-pv-x86_64-s3 amzn2-ami-hvm-arm64-gp2 amzn2-ami-hvm-x86_64-ebs amzn2-ami-hvm-x86_64-gp2
amzn2-ami-kernel-5.10-hvm-arm64-gp2 amzn2-ami-kernel-5.10-hvm-x86_64-ebs amzn2-ami-kernel-5.10-hvm-x86_64-gp2
amzn2-ami-minimal-hvm-arm64-ebs amzn2-ami-minimal-hvm-x86_64-ebs
"""
_WINDOWS: Final = """
Windows_Server-2016-English-Core-Base Windows_Server-2016-English-Full-Base Windows_Server-2019-English-Core-Base
Windows_Server-2019-English-Full-Base Windows_Server-2022-English-Core-Base Windows_Server-2022-English-Full-Base
"""
NAMES: Final = frozenset(
    [f"{LINUX}/{name}" for name in _LINUX.split()] + [f"{WINDOWS}/{name}" for name in _WINDOWS.split()]
)


def image_id(region: str, name: str) -> str:
    """The image that a parameter names in a Region."""
    return f"ami-{hashlib.sha256(f'{region} {name}'.encode()).hexdigest()[:17]}"


def shown(region: str, name: str) -> dict[str, Any]:
    """A published parameter."""
    return {
        "Name": name,
        "Type": "String",
        "Value": image_id(region, name),
        "Version": 1,
        "LastModifiedDate": PUBLISHED_MS,
        "ARN": arn_of(region, name),
        "DataType": "text",
    }


def below(path: str) -> Sequence[str] | None:
    """The names below a path; None where not all that AWS publishes there is known."""
    path = path.rstrip("/")
    return sorted(name for name in NAMES if name.startswith(f"{path}/")) if path == LINUX else None


def arn_of(region: str, name: str) -> str:
    """The ARN of a published parameter, which belongs to no account."""
    return f"arn:aws:ssm:{region}::parameter{name}"
