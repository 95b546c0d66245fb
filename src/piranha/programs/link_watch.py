"""The devices that carry VIPs: which have carrier, and what that means for each group."""

from collections.abc import Callable, Mapping

from piranha.config.settings import Vip
from piranha.decisions.events import CarrierChanged
from piranha.system.addresses import Addresses, EventsLost, LinkChanged


class LinkWatch:
    """Tells a group's CarrierChanged when a device of it loses its carrier, and when all of them
    have it again. A device that does not exist has none."""

    def __init__(self, addresses: Addresses, emit: Callable[[CarrierChanged], None]) -> None:
        self._addresses = addresses
        self._emit = emit
        self._devices: Mapping[str, frozenset[str]] = {}
        self._lacking: dict[str, frozenset[str]] = {}
        """For each group the devices without carrier, as it was last told."""
        self._is_told = True
        self.carriers: dict[str, bool] = {}

    def watch(self, vips: Mapping[str, tuple[Vip, ...]], is_told: bool = True) -> None:
        """From now on these are the groups and their VIPs. Not told: a group counts as having
        carrier whatever happens (`monitor_links = 0`)."""
        self._is_told = is_told
        self._devices = {
            group: frozenset(vip.device for vip in of_group) for group, of_group in vips.items()
        }
        self._lacking = {group: self._lacking.get(group, frozenset()) for group in vips}
        self._look()

    def hear(self) -> None:
        """Read what the kernel tells of links."""
        for event in self._addresses.events():
            match event:
                case EventsLost():
                    self._look()
                case LinkChanged(device=device, has_carrier=has_carrier):
                    if device in self.carriers:
                        self.carriers[device] = has_carrier
                        self._tell()

    def _look(self) -> None:
        devices = frozenset[str]().union(*self._devices.values())
        self.carriers = {device: self._addresses.carrier(device) for device in sorted(devices)}
        self._tell()

    def _tell(self) -> None:
        for group, devices in self._devices.items():
            before = self._lacking[group]
            lacking = frozenset(d for d in devices if self._is_told and not self.carriers[d])
            self._lacking[group] = lacking
            for device in sorted(lacking - before):
                self._emit(CarrierChanged(group, False, device))
            if before and not lacking:
                self._emit(CarrierChanged(group, True, min(before)))
