"""The example file is one that a person can start from."""

from pathlib import Path

from piranha.config.reading import read_settings
from piranha.config.timing import has_kernel_lease

EXAMPLE = Path(__file__).resolve().parents[2] / "etc" / "lvs.cf.example"


def test_the_example_has_no_complaint() -> None:
    reading = read_settings(EXAMPLE.read_bytes(), "lvs.cf")
    assert reading.complaints == ()
    found = reading.settings
    assert found is not None
    assert [service.name for service in found.groups[0].services] == ["web", "ftp"]
    assert has_kernel_lease(found.keepalive_seconds, found.deadtime_seconds)
