"""The diagram in ARCHITECTURE.md shows the moves as they are."""

from tests.architecture import diagram


def test_the_diagram_is_in_step() -> None:
    is_in_step = diagram.page_with(diagram.section()) == diagram.PAGE.read_text(encoding="utf-8")
    assert is_in_step, "run `make diagram`"
