"""The tables of the chapter on probes are those of the recipes and verdicts that there are."""

from tests.docs import probe_tables


def test_the_tables_are_in_step() -> None:
    is_in_step = probe_tables.page() == probe_tables.PAGE.read_text(encoding="utf-8")
    assert is_in_step, "run `make tables`"
