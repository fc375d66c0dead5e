"""The managed data identifiers that a rule decides: a form, often a checksum, often a keyword close by.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html
Those that AWS finds by machine learning (names, addresses) and those of further countries are not built.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from foulweather.services.logs.health_identifiers import HEALTH
from foulweather.services.logs.identifying import Identifier, keywords, luhn


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _private_key(name: str, kind: str) -> Identifier:
    form = rf"-----BEGIN {kind}-----[\s\S]+?(?:-----END {kind}-----|\Z)"
    return Identifier(name, re.compile(form))


MANAGED: Final[dict[str, Identifier]] = {
    each.name: each
    for each in (
        Identifier("EmailAddress", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")),
        Identifier(
            "IpAddress",
            re.compile(
                r"(?<![\w.:])((?:\d{1,3}\.){3}\d{1,3}|(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)[0-9A-Fa-f:]{3,39})(?![\w:]|\.\d)"
            ),
            None,
            _is_address,
        ),
        Identifier(
            "AwsSecretKey",
            re.compile(r"(?<![A-Za-z0-9/+])([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
            keywords("aws secret access key", "credentials", "secret access key", "secret key", "set-awscredential"),
        ),
        _private_key("OpenSshPrivateKey", "OPENSSH PRIVATE KEY"),
        _private_key("PgpPrivateKey", "PGP PRIVATE KEY BLOCK"),
        _private_key("PkcsPrivateKey", "(?:RSA |EC |DSA |ENCRYPTED )?PRIVATE KEY"),
        Identifier("PuttyPrivateKey", re.compile(r"PuTTY-User-Key-File-\d:[\s\S]+?(?:Private-MAC: ?[0-9a-f]+|\Z)")),
        Identifier(
            "CreditCardNumber",
            re.compile(r"(?<![\d-])([3-6](?:[ -]?\d){12,18})(?![\d-])"),
            keywords(
                *("account number", "american express", "amex", "bank card", "card", "card num", "card number", "cc"),
                *(
                    "cc #",
                    "ccn",
                    "check card",
                    "credit",
                    "credit card",
                    "credit card#",
                    "dankort",
                    "debit",
                    "debit card",
                ),
                *("diners club", "discover", "electron", "japanese card bureau", "jcb", "mastercard", "mc", "pan"),
                *("payment account number", "payment card number", "pcn", "union pay", "visa"),
            ),
            luhn,
        ),
        Identifier(
            "CreditCardSecurityCode",
            re.compile(r"(?<!\d)(\d{3,4})(?!\d)"),
            keywords(
                *("card id", "card identification code", "card identification number", "card security code"),
                *("card validation code", "card validation number", "card verification data"),
                *("card verification value", "cvc", "cvc2", "cvv", "cvv2", "elo verification code"),
            ),
        ),
        Identifier(
            "CreditCardExpiration",
            re.compile(r"(?<![\d/-])((?:0?[1-9]|1[0-2])[/-](?:20)?\d{2}|20\d{2}[/-](?:0[1-9]|1[0-2]))(?![\d/-])"),
            keywords("exp d", "exp m", "exp y", "expiration", "expiry"),
        ),
        Identifier(
            "Ssn-US",
            re.compile(r"(?<![\d-])((?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}|(?!000|666|9\d\d)\d{9})(?![\d-])"),
            keywords("social security number", "social security", "ss#", "ssn", "ssn#"),
        ),
        Identifier(
            "IndividualTaxIdentificationNumber-US",
            re.compile(r"(?<![\d-])(9\d{2}[ -]?[5-9]\d[ -]?\d{4})(?![\d-])"),
            keywords("itin", "i.t.i.n.", "individual taxpayer identification number", "tin", "tax id", "taxpayer id"),
        ),
        Identifier(
            "PhoneNumber-US",
            re.compile(r"(?<![\d.])((?:\+?1[ .-]?)?(?:\([2-9]\d{2}\)|[2-9]\d{2})[ .-]?\d{3}[ .-]?\d{4})(?![\d.-])"),
            keywords(
                "cell",
                "contact",
                "fax",
                "fax number",
                "mobile",
                "phone",
                "phone number",
                "tel",
                "telephone",
                "telephone number",
            ),
        ),
        Identifier(
            "ZipCode-US",
            re.compile(r"(?<![\d-])(\d{5}(?:-\d{4})?)(?![\d-])"),
            keywords("zip code", "zip+4", "zip"),
        ),
        Identifier(
            "VehicleIdentificationNumber",
            re.compile(r"(?<![A-Z0-9])([A-HJ-NPR-Z0-9]{17})(?![A-Z0-9])"),
            keywords("vehicle identification number", "vin", "vin number"),
        ),
        *HEALTH,
    )
}
