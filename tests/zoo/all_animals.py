"""Every server of the zoo."""

from tests.zoo.animal import Animal
from tests.zoo.animals import datagrams, files, mail, people, stores, web

ANIMALS: tuple[Animal, ...] = (
    *web.ANIMALS,
    *mail.ANIMALS,
    *stores.ANIMALS,
    *files.ANIMALS,
    *people.ANIMALS,
    *datagrams.ANIMALS,
)


def in_ci() -> tuple[Animal, ...]:
    """Those that are cheap to install and to start."""
    return tuple(animal for animal in ANIMALS if animal.in_ci)
