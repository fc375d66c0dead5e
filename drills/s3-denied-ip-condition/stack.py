"""A bucket for the office's addresses only, purchasing that uploads from there, and a shop that reads."""

from __future__ import annotations

from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader
from foulweather.kernel.call import Origin

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
OFFICE_CIDR = "203.0.113.0/24"
ENDPOINT = "vpce-0a1b2c3d4e5f60718"
AGENT = "Boto3/1.40 foulweather-drill"
OFFICE = Origin(ip="203.0.113.17", is_secure=True, user_agent=AGENT)
# Over a VPC endpoint a request comes from a private address, and has no aws:SourceIp: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
VPC = Origin(ip="10.20.1.15", is_secure=True, user_agent=AGENT, vpc="vpc-0f9e8d7c6b5a40312", vpc_endpoint=ENDPOINT)
OTHER_VPC = Origin(
    ip="10.20.1.15",
    is_secure=True,
    user_agent=AGENT,
    vpc="vpc-0123456789abcdef0",
    vpc_endpoint="vpce-0ffffffffffffffff",
)
ELSEWHERE = Origin(ip="198.51.100.44", is_secure=True, user_agent=AGENT)
OFFICE_ONLY = {
    "Sid": "OfficeOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
    "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"NotIpAddress": {"aws:SourceIp": [OFFICE_CIDR]}},
}


def build(lab: Lab) -> None:
    """A bucket, two roles, two programs."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(OFFICE_ONLY))
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/prices/*"}
    purchasing = Host.made(lab, "office-role", write, origin=OFFICE)
    shop = Host.made(
        lab,
        "app-role",
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/prices/*"},
        origin=OFFICE,
    )
    lab.notes["shop"] = shop
    lab.add(Uploader(lab, "purchasing", bucket=BUCKET, prefix="prices/", host=purchasing))
    lab.add(Reader(lab, "shop", bucket=BUCKET, prefix="prices/", host=shop))
