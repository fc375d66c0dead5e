"""The managed data identifiers of protected health information whose form an authority publishes.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protect-sensitive-log-data-types-health.html (the keywords)
"""

from __future__ import annotations

import re
from typing import Final

from foulweather.services.logs.identifying import Identifier, keywords, luhn

# https://www.cms.gov/medicare/new-medicare-card: no S, L, O, I, B or Z.
_LETTER: Final = "[AC-HJKMNP-RT-Y]"
_EITHER: Final = "[0-9AC-HJKMNP-RT-Y]"


def _is_provider(text: str) -> bool:
    """NPIs are checked with the prefix of the card issuer: 45 CFR 162.406."""
    return luhn(f"80840{text}")


def _is_nhs(text: str) -> bool:
    """The last digit checks the others, modulus 11: the NHS Data Dictionary."""
    digits = [int(each) for each in text if each.isdigit()]
    check = 11 - sum([digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)]) % 11
    return check != 10 and check % 11 == digits[9]


def _is_social(text: str) -> bool:
    """A number of the French social security ends with its key: 97 less the remainder; Corsica counts as 19 and 18."""
    digits = re.sub(r"\s", "", text).replace("2A", "19").replace("2B", "18")
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


HEALTH: Final = (
    Identifier(
        "HealthInsuranceCardNumber-EU",
        re.compile(r"(?<!\d)(80\d{18})(?!\d)"),
        keywords(
            *("assicurazione sanitaria numero", "carta assicurazione numero", "carte d’assurance maladie"),
            *("carte européenne d'assurance maladie", "ceam", "ehic", "ehic#", "finlandehicnumber#"),
            *("gesundheitskarte", "hälsokort", "health card", "health card number", "health insurance card"),
            *("health insurance number", "insurance card number", "krankenversicherungskarte"),
            *("krankenversicherungsnummer", "medical account number", "numero conto medico"),
            *("numéro d’assurance maladie", "numéro de carte d’assurance", "numéro de compte medical"),
            *("número de cuenta médica", "número de seguro de salud", "número de tarjeta de seguro"),
            *("sairaanhoitokortin", "sairausvakuutuskortti", "sairausvakuutusnumero", "sjukförsäkring nummer"),
            *("sjukförsäkringskort", "suomi ehic-numero", "tarjeta de salud", "terveyskortti"),
            *("tessera sanitaria assicurazione numero", "versicherungsnummer"),
        ),
    ),
    Identifier(
        "HealthInsuranceClaimNumber-US",
        re.compile(r"(?<![\w-])(\d{3}-?\d{2}-?\d{4}-?[A-Z][0-9A-Z]?)(?![\w-])"),
        keywords(
            *("health insurance claim number", "hic no", "hic no.", "hic number", "hic#", "hicn", "hicn#", "hicno#")
        ),
    ),
    Identifier(
        "HealthInsuranceNumber-FR",
        re.compile(r"(?<!\d)([12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2})(?!\d)"),
        keywords("carte d'assuré social", "carte vitale", "insurance card"),
        _is_social,
    ),
    Identifier(
        "HealthcareProcedureCode-US",
        re.compile(r"(?<![\w-])([A-V]\d{4}|\d{4}[0-9FTU])(?![\w-])"),
        keywords("current procedural terminology", "hcpcs", "healthcare common procedure coding system"),
    ),
    Identifier(
        "MedicareBeneficiaryNumber-US",
        re.compile(
            rf"(?<![\w-])([1-9]{_LETTER}{_EITHER}\d-?{_LETTER}{_EITHER}\d-?{_LETTER}{_LETTER}\d\d)(?![\w-])",
        ),
        keywords("mbi", "medicare beneficiary"),
    ),
    Identifier(
        "NationalDrugCode-US",
        re.compile(r"(?<![\d-])(\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2})(?![\d-])"),
        keywords("national drug code", "ndc"),
    ),
    Identifier(
        "NationalProviderId-US",
        re.compile(r"(?<![\d-])([12]\d{9})(?![\d-])"),
        keywords("hipaa", "n.p.i.", "national provider", "npi"),
        _is_provider,
    ),
    Identifier(
        "NhsNumber-GB",
        re.compile(r"(?<![\d-])(\d{3}[ -]?\d{3}[ -]?\d{4})(?![\d-])"),
        keywords("national health service", "NHS"),
        _is_nhs,
    ),
)
