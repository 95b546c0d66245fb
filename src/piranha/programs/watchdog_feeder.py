"""Feeds the machine's watchdog while the node may go on; the rule is decisions/vouching.py."""

import math

from piranha.system import clock, journal
from piranha.system.watchdog_device import WatchdogDevice
from piranha.terms import Severity

FEEDINGS = 4
"""In each timeout of the device."""
LOOK_AGAIN_SECONDS = 0.05
"""While it is not fed: the objection may be over any moment."""
TELL_AFTER_SECONDS = 0.3
"""An objection that is over sooner is the moment in which fos drops its VIPs."""
OPEN_AGAIN_SECONDS = 10.0
NEVER = float("inf")


def timeout_for(lease_seconds: float) -> int:
    """Whole seconds: a pulse that is killed and back within the lease costs nothing, so it must not
    cost the machine either."""
    return max(1, math.ceil(lease_seconds))


class WatchdogFeeder:
    """One device, or none."""

    def __init__(self) -> None:
        self._path: str | None = None
        self._timeout = 1
        self._device: WatchdogDevice | None = None
        self._trouble = ""
        self._objection_since: float | None = None
        self._is_told = False
        self.due_at = NEVER

    def use(self, path: str | None, lease_seconds: float) -> None:
        """From now on this device is fed; one that was is switched off."""
        timeout = timeout_for(lease_seconds)
        if (path, timeout) == (self._path, self._timeout):
            return
        self.close(is_orderly=True)
        self._path, self._timeout = path, timeout
        self.due_at = NEVER if path is None else clock.now()

    def tend(self, now: float, objection: str) -> None:
        """Feed it, if it is time and nothing speaks against it."""
        if now < self.due_at:
            return
        device = self._device or self._open(now)
        if device is None:
            return
        self._tell(objection, device.timeout_seconds, now)
        if objection:
            self.due_at = now + LOOK_AGAIN_SECONDS
            return
        self.due_at = now + device.timeout_seconds / FEEDINGS
        try:
            device.feed()
        except OSError as error:
            self._complain(str(error))

    def close(self, *, is_orderly: bool) -> None:
        if self._device is not None:
            self._device.close(is_orderly=is_orderly)
            self._device = None
        self._path, self.due_at = None, NEVER

    def _open(self, now: float) -> WatchdogDevice | None:
        assert self._path is not None
        try:
            self._device = device = WatchdogDevice(self._path, self._timeout)
        except OSError as error:
            self.due_at = now + OPEN_AGAIN_SECONDS
            self._complain(f"{error}: nothing resets this node if it hangs")
            return None
        self._trouble = ""
        kind = "" if device.is_real else " (no device: a stand-in)"
        text = f"{device.path}{kind} resets this node when it is not fed for "
        text += f"{device.timeout_seconds} s"
        if device.timeout_seconds != self._timeout:
            text += f"; it knows no timeout of {self._timeout} s"
            journal.say(Severity.WARNING, "watchdog", text)
        else:
            journal.say(Severity.INFO, "watchdog", text)
        return device

    def _tell(self, objection: str, timeout: int, now: float) -> None:
        if not objection:
            if self._is_told:
                journal.say(Severity.INFO, "watchdog", "fed again")
            self._objection_since, self._is_told = None, False
            return
        if self._objection_since is None:
            self._objection_since = now
        if now - self._objection_since >= TELL_AFTER_SECONDS and not self._is_told:
            self._is_told = True
            text = f"not fed any more, this node is reset within {timeout} s: {objection}"
            journal.say(Severity.CRITICAL, "watchdog", text)

    def _complain(self, trouble: str) -> None:
        """Once for each change."""
        if trouble != self._trouble:
            journal.say(Severity.CRITICAL, "watchdog", trouble)
        self._trouble = trouble
