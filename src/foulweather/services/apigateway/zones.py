"""The hosted zones of API Gateway's own domain names, which alias records name.

https://docs.aws.amazon.com/general/latest/gr/apigateway.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

CLOUDFRONT_ZONE: Final = "Z2FDTNDATAQYW2"
REGIONAL_ZONES: Final = MappingProxyType(
    {
        "ap-northeast-1": "Z1YSHQZHG15GKL",
        "ap-northeast-2": "Z20JF4UZKIW1U8",
        "ap-south-1": "Z3VO1THU9YC4UR",
        "ap-southeast-1": "ZL327KTPIQFUL",
        "ap-southeast-2": "Z2RPCDW04V8134",
        "ca-central-1": "Z19DQILCV0OWEC",
        "eu-central-1": "Z1U9ULNL0V5AJ3",
        "eu-north-1": "Z3UWIKFBOOGXPP",
        "eu-west-1": "ZLY8HYME6SFDD",
        "eu-west-2": "ZJ5UAJN8Y3Z2Q",
        "eu-west-3": "Z3KY65QIEKYHQQ",
        "sa-east-1": "ZCMLWB8V5SYIT",
        "us-east-1": "Z1UJRXOUMOOFQ8",
        "us-east-2": "ZOJJZC49E0EPZ",
        "us-west-1": "Z2MUQ32089INYE",
        "us-west-2": "Z2OJLYMUO9EFXC",
    }
)
