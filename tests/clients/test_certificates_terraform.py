"""Certificates through Terraform: requested and proved, imported and replaced, used by a domain name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from services.acm.issuing import pair

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def variables(team: str = "shop") -> list[str]:
    begins = datetime.now(UTC) - timedelta(days=1)
    one = pair(begins=begins.replace(microsecond=0))
    return [f"-var=body={one.pem.decode()}", f"-var=key={one.key_pem.decode()}", f"-var=team={team}"]


def test_certificates_are_made_used_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "certificates", "certificates")
    terraform("init", "-input=false")
    first, second = variables(), variables("till")
    # Terraform waits for the certificate to be issued, which takes five minutes of the world's time.
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(terraform, "apply", "-auto-approve", "-input=false", *first)
        acm = cloud.client("acm")
        pending = {"CertificateStatuses": ["PENDING_VALIDATION"]}
        while not (acm.list_certificates(**pending)["CertificateSummaryList"] or applied.done()):
            sleep(0.5)
        cloud.foulweather("clock", "advance", "5m")
        applied.result()
    terraform("plan", "-detailed-exitcode", "-input=false", *first, status=NOTHING_TO_CHANGE)
    arn = terraform.outputs()["requested"]
    told = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert told["Status"] == "ISSUED"
    assert told["InUseBy"]

    terraform("apply", "-auto-approve", "-input=false", *second)
    terraform("plan", "-detailed-exitcode", "-input=false", *second, status=NOTHING_TO_CHANGE)
    assert acm.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "team", "Value": "till"}]

    terraform("destroy", "-auto-approve", "-input=false", *second)
    types = ["RSA_2048", "EC_prime256v1"]
    assert acm.list_certificates(Includes={"keyTypes": types})["CertificateSummaryList"] == []
