"""A block becomes values: those that are written and sound, the table's defaults for the rest."""

from piranha.config.complaints import Complaints
from piranha.config.document import parse
from piranha.config.keywords import Place
from piranha.config.sections import Section, SectionReader, default_values
from piranha.config.values import Names


def read(text: str) -> tuple[Section, SectionReader, list[str]]:
    complaints = Complaints("lvs.cf")
    reader = SectionReader(parse(text.encode()), complaints, Names())
    (section,) = reader.blocks(Place.FAILOVER, "address")
    reader.name_ignored()
    return section, reader, [complaint.text for complaint in complaints.sorted()]


def test_what_is_written_counts_and_the_rest_is_default() -> None:
    section, reader, said = read("failover a {\n address = 10.0.0.9 eth0\n port = 25\n}\n")
    assert (section["port"], section["protocol"], section["send"]) == (25, "tcp", None)
    assert section.written == {"address", "port"}
    assert (reader.broken, said) == (set(), [])


def test_what_is_broken_is_remembered_and_replaced_by_its_default() -> None:
    section, reader, said = read("failover a {\n port = x y\n}\n")
    assert (section["port"], section["address"]) == (80, None)
    assert reader.broken == {("failover a", "port"), ("failover a", "address")}
    assert len(said) == 2


def test_ignored_keywords_are_named_once_whatever_their_values() -> None:
    lines = " address = 10.0.0.9 eth0\n scheduler = ???\n scheduler = x\n server b {\n  x = 1\n }\n"
    _, _, said = read(f"failover a {{\n{lines}}}\n")
    assert said == ["ignored, as failover services have no use for them: scheduler, server"]


def test_defaults_are_not_shared_with_blocks() -> None:
    section, _, _ = read("failover a {\n address = 10.0.0.9 eth0\n port = 25\n}\n")
    assert section["port"] == 25
    assert default_values(Place.FAILOVER)["port"] == 80
