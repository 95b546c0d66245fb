"""A date of its own for a host: what its daemons take for the date is set, and nobody else's is.

The machine has one date for all namespaces, and setting it would shift it for everything that runs
here. But the suite reads time in one file only, which a test of the architecture holds: inside of
the host another text stands in that file's place, with a date that is shifted by what a file says.
The kernel's stamps on arrivals are not shifted, so to the daemons they look a day old, or a day
early, for as long as the date is shifted: worse than after a real step.
"""

from pathlib import Path

from piranha.system import clock
from tests.lab.host import Host

SHIFT_FILE = "/run/date-shift"
OWN_CLOCK = "/run/clock.py"
A_DAY = 86400.0
SHIFTED = f'''

_true_wall = wall


def wall() -> float:
    with open("{SHIFT_FILE}") as shift:
        return _true_wall() + float(shift.read())
'''


def give_own_date(host: Host) -> None:
    """Before the daemons are started; the date is not shifted yet."""
    place = Path(clock.__file__)
    host.path(SHIFT_FILE).write_text("0")
    host.path(OWN_CLOCK).write_text(place.read_text() + SHIFTED)
    host.run(["mount", "--bind", OWN_CLOCK, str(place)])


def set_date(host: Host, shift: float) -> None:
    """From now on the host's date is so many seconds ahead of the true one. Replaced whole: a
    reader never sees half a number."""
    new = host.path(SHIFT_FILE + ".new")
    new.write_text(repr(shift))
    new.replace(host.path(SHIFT_FILE))
