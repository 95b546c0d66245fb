"""While this node serves and its partner is silent: does anybody else speak on its segments?"""

from collections.abc import Callable, Iterable

from piranha.decisions.events import StrangerHeard
from piranha.system import journal
from piranha.system.strangers import Strangers
from piranha.terms import Severity


class SegmentWatch:
    """Listens only while it matters, and only looks when pulse turns anyway: no frame wakes it."""

    def __init__(
        self,
        own_mac: Callable[[str], str | None],
        partner_macs: Callable[[str], tuple[str, ...]],
        emit: Callable[[StrangerHeard], None],
    ) -> None:
        """Both are asked for the MACs on a device; where one node's is unknown nobody can be
        called a stranger."""
        self._own_mac = own_mac
        self._partner_macs = partner_macs
        self._emit = emit
        self._strangers: dict[str, Strangers] = {}
        self._refused: frozenset[str] = frozenset()

    def tend(self, devices: Iterable[str], is_wanted: bool) -> None:
        """Listen on these devices, or on none; tell what was heard since the last call."""
        wanted = frozenset(devices) if is_wanted else frozenset[str]()
        for device in self._strangers.keys() - wanted:
            self._strangers.pop(device).close()
        self._refused &= wanted
        for device in sorted(wanted - self._strangers.keys() - self._refused):
            self._listen(device)
        heard = [strangers.heard() for strangers in self._strangers.values()]
        if any(heard):
            self._emit(StrangerHeard())

    def close(self) -> None:
        self.tend((), False)

    def _listen(self, device: str) -> None:
        own, partners = self._own_mac(device), self._partner_macs(device)
        if own is None or not partners:
            return
        try:
            self._strangers[device] = Strangers(device, (own, *partners))
        except OSError as error:
            self._refused |= {device}
            journal.say(Severity.WARNING, "segment", str(error))
