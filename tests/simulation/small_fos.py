"""The small world's `fos --active` and its nannies: they obey, and report to their pulse."""

from piranha.decisions.events import (
    FosFound,
    FosReported,
)
from piranha.wire.order_line import Order, Permit, Release
from piranha.wire.report_line import (
    Armed,
    Dropped,
    FosMode,
    Released,
    Report,
    ServiceMoved,
    ServiceState,
    ServiceVerdict,
    Serving,
)
from tests.simulation.machines import GROUP, KERNEL_OVERRUN, SERVICE
from tests.simulation.small_state import NEVER, PROBE, START, STOP, Fos, SmallState


class SmallFos(SmallState):
    """One for each side; what it tells its pulse is put into `mail`."""

    __slots__ = ()

    def _report(self, side: int, report: Report, mode: FosMode = FosMode.ACTIVE) -> None:
        self.mail = (*self.mail, (side, FosReported(GROUP, mode, report)))

    def _order(self, side: int, order: Order) -> None:
        fos = self.fos[side]
        if fos is None or not fos.is_armed:
            return  # it is not connected yet
        if isinstance(order, Permit):
            self._obey_permit(side, fos, order)
        elif isinstance(order, Release):
            if fos.epoch == 0 and order.epoch <= fos.last_ended:
                self._report(side, Released(order.epoch, order.reason))
            elif not fos.is_releasing:
                self.fos[side] = fos._replace(epoch=order.epoch)
                self._let_go(side, vips_first=order.vips_first, reason=order.reason)

    def _obey_permit(self, side: int, fos: Fos, permit: Permit) -> None:
        now, until = self.now, min(permit.until.values())
        fos = fos._replace(is_partner_silent=permit.is_partner_silent)
        if fos.epoch == permit.epoch:
            if until > fos.until > now and not fos.is_dropped:
                fos = fos._replace(until=until)
                self.vip[side] = until + KERNEL_OVERRUN
        elif permit.epoch > fos.last_ended and not fos.epoch and fos.is_armed and until > now:
            is_kept = permit.is_adoption and self.runs[side] and not self.broken[side]
            due = now + (0.02 if is_kept else START)
            fos = fos._replace(epoch=permit.epoch, until=until, due=due, is_dropped=False)
            self.vip[side] = until + KERNEL_OVERRUN
        self.fos[side] = fos

    def _let_go(self, side: int, *, vips_first: bool, reason: str) -> None:
        fos = self.fos[side]
        assert fos is not None
        if vips_first:
            self.vip[side] = 0.0
            self._report(side, Dropped(fos.epoch, reason))
        self.fos[side] = fos._replace(
            is_releasing=True,
            is_dropped=vips_first,
            last_ended=max(fos.last_ended, fos.epoch),
            due=self.now + STOP,
        )
        self.probe_at[side] = NEVER

    def _work_done(self, side: int, fos: Fos) -> None:
        if not fos.is_armed:
            self.fos[side] = fos._replace(is_armed=True, due=NEVER)
            found = FosFound(GROUP, FosMode.ACTIVE, self._hello(side, fos))
            self.mail = (*self.mail, (side, found))
            self._report(side, Armed())
        elif fos.is_releasing:
            self.runs[side] = False
            if not fos.is_dropped:
                self.vip[side] = 0.0
                self._report(side, Dropped(fos.epoch, "released"))
            self._report(side, Released(fos.epoch, "released"))
            last = fos.last_ended
            silent = fos.is_partner_silent
            self.fos[side] = Fos(0, 0.0, last, is_armed=True, is_partner_silent=silent)
        else:
            self.runs[side], self.orphan[side] = True, False
            self.fos[side] = fos._replace(due=NEVER)
            self._report(side, ServiceMoved(SERVICE, ServiceState.JUDGED, START))
            self._report(side, Serving(fos.epoch, START))
            self.told[side] = None
            self._probe_here(side)

    def _probe_here(self, side: int) -> None:
        """Our own nanny: it speaks when its verdict changes."""
        is_well = not self.broken[side]
        self.probe_at[side] = NEVER
        if is_well is not self.told[side]:
            self.told[side] = is_well
            self._report(side, _verdict(is_well))

    def _probe_there(self, side: int) -> None:
        """The standby's nanny: it tells each failure, and the end of a row of them."""
        self.monitor_at[side] = self.now + PROBE
        other = 1 - side
        is_reachable = not any(self.cut) and all(self.cables) and self.on[other]
        is_well = is_reachable and self.runs[other] and not self.broken[other]
        state = self.states[side]
        assert state is not None
        if not is_well or state.groups[0].failed_there:
            self._report(side, _verdict(is_well), FosMode.MONITOR)

    def set_broken(self, side: int, is_broken: bool) -> None:
        self.broken[side] = is_broken
        fos = self.fos[side]
        if fos is not None and fos.epoch and not fos.is_releasing and self.runs[side]:
            self.probe_at[side] = self.now + PROBE


def _verdict(is_well: bool) -> ServiceVerdict:
    return ServiceVerdict(SERVICE, is_well, "answered" if is_well else "refused", "", 1)
