"""The calculator of addresses: how a VPC is divided, and what it overlaps with."""

from __future__ import annotations

from decimal import Decimal
from ipaddress import IPv4Network
from itertools import combinations

from foulweather.drilling.calculators.calculator import Calculator, Correction, Example, Worked, output
from foulweather.drilling.calculators.formula import Scope
from foulweather.drilling.calculators.inputs import Input, Refusal, networks

RESERVED = 5
"""AWS keeps a subnet's first four addresses and its last."""
LARGEST, SMALLEST = 16, 28

VPC = Input(name="vpc", kind="networks", default="10.0.0.0/16", help="the VPC's CIDR block")
SUBNETS = Input(name="subnets", kind="networks", default="10.0.1.0/24", help="the subnets")
EXISTING = Input(name="existing", kind="networks", default="", help="blocks to stay clear of: peers, offices, VPNs")

STEPS = (
    output("vpc_addresses", "2^(32 − prefix) of vpc", "addresses", "Addresses of the VPC"),
    output("usable", "2^(32 − prefix) − 5 reserved, of each of the subnets", "", "Usable in each subnet"),
    output("usable_total", "the sum over the subnets", "addresses", "Usable in all subnets"),
    output("unassigned", "addresses of vpc − addresses of subnets inside", "addresses", "In no subnet yet"),
    output("outside", "subnets that are no part of the vpc", "", "Outside the VPC"),
    output("overlaps", "pairs of vpc or subnets with existing and of subnets with each other", "", "Overlaps"),
    output("fits", "nothing outside, no overlaps", "", "Can be built"),
)


def _sized(of: Input, block: IPv4Network) -> IPv4Network:
    if not LARGEST <= block.prefixlen <= SMALLEST:
        raise Refusal(f"{of.name}={block} cannot be: AWS allows /{LARGEST} to /{SMALLEST}.")
    return block


def _planned(scope: Scope) -> list[Worked]:
    vpcs, subnets, existing = (networks(each, str(scope.values[each.name])) for each in (VPC, SUBNETS, EXISTING))
    if len(vpcs) != 1:
        raise Refusal("vpc is one CIDR block.")
    vpc = _sized(VPC, vpcs[0])
    subnets = [_sized(SUBNETS, subnet) for subnet in subnets]
    usable = [subnet.num_addresses - RESERVED for subnet in subnets]
    inside = [subnet for subnet in subnets if subnet.subnet_of(vpc)]
    outside = [str(subnet) for subnet in subnets if subnet not in inside]
    # A subnet inside the VPC overlaps with whatever the VPC overlaps with; naming it says where it hurts.
    pairs = [*((one, other) for one in (vpc, *subnets) for other in existing), *combinations(subnets, 2)]
    overlaps = [f"{one} and {other}" for one, other in pairs if one.overlaps(other)]
    assigned = sum(block.num_addresses for block in _merged(inside))
    values: list[tuple[str, Decimal | str]] = [
        (f"2^(32 − {vpc.prefixlen})", Decimal(vpc.num_addresses)),
        (
            "; ".join(f"{subnet}: {subnet.num_addresses:,} − {RESERVED}" for subnet in subnets) or "no subnets",
            "; ".join(f"{subnet}: {count:,}" for subnet, count in zip(subnets, usable, strict=True)) or "none",
        ),
        (" + ".join(f"{each:,}" for each in usable) or "0", Decimal(sum(usable))),
        (f"{vpc.num_addresses:,} − {assigned:,}", Decimal(vpc.num_addresses - assigned)),
        (f"subnets against {vpc}", ", ".join(outside) or "none"),
        (f"{len(pairs)} pairs compared", "; ".join(overlaps) or "none"),
        (f"{len(outside)} outside, {len(overlaps)} overlaps", "no" if outside or overlaps else "yes"),
    ]
    return [Worked(step, filled, value) for step, (filled, value) in zip(STEPS, values, strict=True)]


def _merged(blocks: list[IPv4Network]) -> list[IPv4Network]:
    """The blocks without those that lie in another: two CIDR blocks never overlap in part."""
    return [
        block
        for index, block in enumerate(blocks)
        if not any(
            block.subnet_of(other) and (block != other or before < index)
            for before, other in enumerate(blocks)
            if before != index
        )
    ]


CIDR = Calculator(
    id="calc-cidr",
    title="Subnet plan",
    answers="How many addresses a VPC and its subnets have, and whether anything overlaps.",
    inputs=(VPC, SUBNETS, EXISTING),
    rule=_planned,
    rule_steps=STEPS,
    assumptions=(
        "AWS reserves five addresses of each subnet: network, router, DNS, one for the future, broadcast.",
        "IPv4 blocks of a VPC and of a subnet are /16 to /28; a VPC can have further blocks, which are not counted.",
        "Overlapping VPCs cannot be peered, and a route to an overlapping network never leaves the VPC.",
    ),
    sources=(
        "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    ),
    corrections=(Correction("254 hosts in a /24", "251", "AWS reserves five addresses, not two"),),
    examples=(
        Example(
            "A /24 in a /16",
            {"vpc": "10.0.0.0/16", "subnets": "10.0.1.0/24"},
            {
                "vpc_addresses": "65,536 addresses",
                "usable": "10.0.1.0/24: 251",
                "usable_total": "251 addresses",
                "outside": "none",
                "fits": "yes",
            },
        ),
        Example(
            "An office that lies in the VPC's range",
            {"vpc": "10.0.0.0/16", "subnets": "10.0.1.0/24", "existing": "10.0.10.0/24"},
            {"overlaps": "10.0.0.0/16 and 10.0.10.0/24", "fits": "no"},
        ),
        Example(
            "A subnet of another network",
            {"vpc": "10.0.0.0/16", "subnets": "10.1.0.0/24"},
            {"outside": "10.1.0.0/24", "fits": "no"},
        ),
    ),
)
