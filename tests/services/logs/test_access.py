"""The tables: a row of access for each operation, a rate for each that AWS names one for."""

from __future__ import annotations

from foulweather.kernel.model import ServiceModel
from foulweather.kernel.services import Services
from foulweather.services.logs import SERVICE
from foulweather.services.logs.access import ACCESS
from foulweather.services.logs.limits import RATES


def test_every_operation_that_is_built_has_its_row_and_no_other_has_one() -> None:
    built = set(Services().built(SERVICE))
    assert built == set(ACCESS)
    assert set(RATES) <= built


def test_what_has_no_effect_is_called_a_read() -> None:
    reads = {name for name, row in ACCESS.items() if row.is_read}
    changing = ("Put", "Update", "Create", "Delete", "Tag", "Untag", "Associate", "Disassociate", "Cancel", "Stop")
    assert reads == {name for name in ACCESS if not name.startswith(changing)}


def test_every_operation_that_is_built_is_awss() -> None:
    model = ServiceModel.load("logs")
    assert all(model.operation(name).name == name for name in ACCESS)
