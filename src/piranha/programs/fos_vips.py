"""The VIPs of one group, in the kernel and on their segments; all doors open before the need."""

from collections.abc import Callable, Iterable

from piranha.config.settings import IPAddress, Vip
from piranha.decisions.fos_events import VipAnswered, VipsGone, VipsLooked, VipsRefused, VipsSet
from piranha.system import clock, journal
from piranha.system.addresses import Addresses, AddressGone, EventsLost, LinkChanged, Wanted
from piranha.system.announce import Announcer
from piranha.system.ask import Asker
from piranha.system.loop import Loop
from piranha.terms import Severity


class GroupVips:
    """Sets, drops, announces and asks; what others do to the VIPs comes out as events."""

    def __init__(
        self,
        loop: Loop,
        emit: Callable[[VipsGone | VipAnswered], None],
        when_links_change: Callable[[], None],
    ) -> None:
        """Raises OSError when the kernel's addresses cannot be reached."""
        self._loop = loop
        self._emit = emit
        self._when_links_change = when_links_change
        self._addresses = Addresses()
        self._announcers: dict[str, Announcer] = {}
        self._askers: dict[str, Asker] = {}
        self._held: dict[IPAddress, Vip] = {}
        """What we have set and not dropped."""
        self._troubles: dict[str, str] = {}
        loop.watch(self._addresses, self._hear_kernel)

    def open_for(self, vips: Iterable[Vip]) -> list[str]:
        """Open what these VIPs need; a complaint for each device that cannot be used."""
        complaints = []
        for device in dict.fromkeys(vip.device for vip in vips):
            try:
                self._announcer(device).mac()
                self._asker(device)
            except OSError as error:
                complaints.append(str(error))
        return complaints

    def local_addresses(self) -> set[IPAddress]:
        """Every address of this node."""
        return self._addresses.local()

    def set(self, vips: tuple[Vip, ...], lifetime: int) -> VipsSet | VipsRefused:
        """Give all of them this lifetime (whole seconds) in one batch."""
        wanted = [Wanted(vip.address, vip.device, vip.label, lifetime) for vip in vips]
        try:
            were_present = not self._held and bool(self._find(vips))
            self._addresses.set_all(wanted)
        except OSError as error:
            return VipsRefused(str(error))
        answered_at = clock.now()
        self._held.update((vip.address, vip) for vip in vips)
        return VipsSet(lifetime, answered_at, were_present)

    def drop(self, vips: tuple[Vip, ...]) -> VipsLooked:
        """Delete them, and look which of them are still there."""
        for vip in vips:
            if self._held.get(vip.address) == vip:
                del self._held[vip.address]
        if not self._held:
            for asker in self._askers.values():
                asker.rest()
        try:
            self._addresses.delete_all((vip.address, vip.device) for vip in vips)
            left = self._find(vips)
        except OSError as error:
            self._note_trouble("kernel", str(error))
            left = list(vips)
        return VipsLooked(tuple(str(vip.address) for vip in left))

    def announce(self, vips: Iterable[Vip]) -> None:
        """Tell each VIP's segment once."""
        for vip in vips:
            try:
                self._announcer(vip.device).announce(vip.address)
                self._note_trouble(vip.device, "")
            except OSError as error:
                self._note_trouble(vip.device, str(error))

    def announce_in_all_forms(self, vips: Iterable[Vip], witnesses: Iterable[IPAddress]) -> None:
        """Tell each VIP's segment in every form that makes somebody believe it."""
        told = tuple(witnesses)
        for vip in vips:
            try:
                self._announcer(vip.device).announce_in_all_forms(vip.address, told)
                self._note_trouble(vip.device, "")
            except OSError as error:
                self._note_trouble(vip.device, str(error))

    def ask(self, vips: Iterable[Vip]) -> None:
        """Ask each VIP's segment who else has it (RFC 5227)."""
        for vip in vips:
            try:
                self._asker(vip.device).ask(vip.address)
            except OSError as error:
                self._note_trouble(vip.device, str(error))

    def close(self) -> None:
        for announcer in self._announcers.values():
            announcer.close()
        for asker in self._askers.values():
            self._loop.forget(asker)
            asker.close()
        self._loop.forget(self._addresses)
        self._addresses.close()

    def _find(self, vips: Iterable[Vip]) -> list[Vip]:
        """Those that the kernel has, each on its device."""
        vips = tuple(vips)
        found = self._addresses.present(vip.address for vip in vips)
        return [v for v in vips if v.address in found and found[v.address].device == v.device]

    def _hear_kernel(self) -> None:
        """Events may be older than what we did since, so the kernel is asked what holds now."""
        events = self._addresses.events()
        for event in events:
            if (
                isinstance(event, LinkChanged)
                and event.mac is None
                and event.device in self._askers
            ):
                self._close_asker(event.device)  # it heard a device that is gone
        if any(isinstance(event, LinkChanged | EventsLost) for event in events):
            self._when_links_change()
        is_suspect = any(
            isinstance(event, EventsLost)
            or (isinstance(event, AddressGone) and event.address in self._held)
            for event in events
        )
        if not is_suspect:
            return
        there = self._find(self._held.values())
        gone = tuple(str(vip.address) for vip in self._held.values() if vip not in there)
        if gone:
            self._emit(VipsGone(gone))

    def _hear_segment(self, device: str) -> None:
        try:
            answers = self._askers[device].answers()
        except OSError as error:
            self._note_trouble(device, str(error))
            self._close_asker(device)
            return
        for address, mac in answers:
            vip = self._held.get(address)
            if vip is not None and vip.device == device:
                self._emit(VipAnswered(str(address), mac))

    def _announcer(self, device: str) -> Announcer:
        if device not in self._announcers:
            self._announcers[device] = Announcer(device)
        return self._announcers[device]

    def _asker(self, device: str) -> Asker:
        if device not in self._askers:
            self._askers[device] = Asker(device)
            self._loop.watch(self._askers[device], lambda: self._hear_segment(device))
        return self._askers[device]

    def _close_asker(self, device: str) -> None:
        asker = self._askers.pop(device)
        self._loop.forget(asker)
        asker.close()

    def _note_trouble(self, where: str, trouble: str) -> None:
        """Say what hinders us there, once for each change."""
        if self._troubles.get(where, "") != trouble:
            self._troubles[where] = trouble
            if trouble:
                journal.say(Severity.WARNING, where, trouble)
