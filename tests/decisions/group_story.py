"""A fos of values: the machine of one group, a kernel with lifetimes, and what was done."""

from dataclasses import replace
from ipaddress import ip_address

from piranha.config.settings import (
    Group,
    Monitor,
    OnFailure,
    Probe,
    Protocol,
    Service,
    Standby,
    Vip,
)
from piranha.decisions import service_group
from piranha.decisions.effects import Say
from piranha.decisions.events import TimePassed
from piranha.decisions.fos_effects import (
    AnnounceVips,
    AskForVips,
    DropVips,
    FosEffect,
    KillCommand,
    Leave,
    ProbeAtOnce,
    RunCommand,
    SetVips,
    StartNanny,
    StopNanny,
    Tell,
)
from piranha.decisions.fos_events import (
    ArmingLooked,
    Command,
    CommandEnded,
    FosEvent,
    NannyReported,
    OrderGiven,
    PulseCame,
    VipsLooked,
    VipsRefused,
    VipsSet,
)
from piranha.decisions.group_standing import FosRules, Phase, ServiceLife, Standing
from piranha.wire.nanny_line import NannyReport
from piranha.wire.order_line import Order, Permit, Release
from piranha.wire.report_line import Held, Report, ServiceMoved, ServiceState

VIP = Vip(ip_address("10.0.0.10"), "eth0", "eth0:1")
OTHER_VIP = Vip(ip_address("10.0.0.11"), "eth0", "eth0:2")


def service(name: str, **changes: object) -> Service:
    """A service with short, round times: interval 1, timeout 2, first wait 5, commands 30."""
    plain = Service(
        name=name,
        vip=VIP,
        port=80,
        protocol=Protocol.TCP,
        probe=Probe(Monitor.TCP),
        start_cmd=(f"/{name}", "start"),
        stop_cmd=(f"/{name}", "stop"),
        interval_seconds=1.0,
        timeout_seconds=2.0,
        fall=1,
        rise=1,
        first_wait_seconds=5.0,
        start_timeout_seconds=30.0,
        stop_timeout_seconds=30.0,
        stop_first=True,
        standby=Standby.WARM,
        local_restarts=0,
        on_failure=OnFailure.FAILOVER,
        watch_pid=None,
        tag=1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def rules(*services: Service, has_kernel_lease: bool = True) -> FosRules:
    """Rules for one group called "site"; announcements every 10 s, reports every 0.4 s."""
    return FosRules(Group("site", services), has_kernel_lease, 0.4, 10.0, 60.0)


class GroupStory:
    """Give events, let time pass, look at what was done."""

    def __init__(self, *services: Service, has_kernel_lease: bool = True) -> None:
        self.rules = rules(*services, has_kernel_lease=has_kernel_lease)
        self.now = 100.0
        self.standing: Standing = service_group.start(self.rules, False, self.now)
        self.kernel: dict[str, float] = {}
        """VIP -> when its lifetime ends."""
        self.refusal = ""
        """What the kernel says instead of taking VIPs."""
        self.is_stubborn = False
        """The kernel does not delete."""
        self.effects: list[FosEffect] = []
        """Since the last `forget`."""
        self.announced_at: list[float] = []
        self.has_left = False
        self.give(PulseCame(pid=7))
        self.give(ArmingLooked(()))
        self.forget()

    def forget(self) -> None:
        self.effects = []

    def give(self, event: FosEvent) -> None:
        decision = service_group.step(self.rules, self.standing, event, self.now)
        self.standing = decision.standing
        for effect in decision.effects:
            self._carry_out(effect)

    def order(self, order: Order) -> None:
        self.give(OrderGiven(order))

    def permit(self, seconds: float = 3.5, epoch: int = 1, is_adoption: bool = False) -> None:
        self.order(Permit(epoch, {"partner": self.now + seconds}, is_adoption))

    def release(self, vips_first: bool = False) -> None:
        self.order(Release(self.standing.epoch, vips_first, "switchover"))

    def pass_time(self, seconds: float, is_permitted: bool = False) -> None:
        """Wake whenever the machine asks for it; with `is_permitted` a permission for 3.5 s comes
        every half second."""
        end = self.now + seconds
        permit_at = self.now if is_permitted else end + 1
        for _ in range(10_000):
            at = min(service_group.wake_at(self.rules, self.standing), permit_at)
            if at > end or self.has_left:
                break
            self.now = max(self.now, at)
            if at == permit_at:
                self.permit(epoch=self.standing.epoch)
                permit_at += 0.5
            else:
                self.give(TimePassed())
        else:
            raise AssertionError(f"the machine spins at {self.now}: {self.standing}")
        self.now = end

    def end_command(self, is_success: bool = True, outcome: str = "exit status 0") -> None:
        running = self.standing.running
        assert running is not None, "no command runs"
        self.give(CommandEnded(running.service, running.command, is_success, outcome))

    def end_commands(self) -> None:
        """Every command succeeds at once."""
        while self.standing.running is not None:
            self.end_command()

    def probe(self, name: str, is_healthy: bool, is_judgement: bool = True) -> None:
        verdict = "answered" if is_healthy else "refused"
        report = NannyReport(name, verdict, is_healthy, is_judgement, "after 0.001 s", 0.001, 1)
        self.give(NannyReported(report))

    def serve(self, seconds: float = 3.5) -> "GroupStory":
        """Permitted, every command succeeds, every service answers."""
        self.permit(seconds)
        self.end_commands()
        for name in list(self.standing.lives):
            self.probe(name, is_healthy=True)
        assert self.standing.phase is Phase.SERVING
        self.forget()
        return self

    def life(self, name: str) -> ServiceLife:
        return self.standing.lives[name]

    def state(self, name: str) -> ServiceState:
        return self.life(name).state

    @property
    def vips(self) -> list[str]:
        """What the kernel has now."""
        return sorted(vip for vip, end in self.kernel.items() if end > self.now)

    @property
    def told(self) -> list[Report]:
        """The reports, without Held and moves of services."""
        reports = [effect.report for effect in self.effects if isinstance(effect, Tell)]
        return [r for r in reports if not isinstance(r, Held | ServiceMoved)]

    @property
    def moves(self) -> list[tuple[str, ServiceState]]:
        """Service and new state of every ServiceMoved."""
        reports = [effect.report for effect in self.effects if isinstance(effect, Tell)]
        return [(r.service, r.state) for r in reports if isinstance(r, ServiceMoved)]

    @property
    def said(self) -> list[str]:
        return [f"{e.severity} {e.subject}: {e.text}" for e in self.effects if isinstance(e, Say)]

    @property
    def done(self) -> list[str]:
        """What was done, in words, without lifetimes, reports, log lines and single probes."""
        return [words for effect in self.effects if (words := _in_words(effect))]

    def _carry_out(self, effect: FosEffect) -> None:
        self.effects.append(effect)
        match effect:
            case SetVips():
                self.give(self._set(effect))
            case DropVips():
                self.give(self._drop(effect))
            case AnnounceVips():
                self.announced_at.append(round(self.now, 3))
            case Leave():
                self.has_left = True

    def _set(self, effect: SetVips) -> FosEvent:
        if self.refusal:
            return VipsRefused(self.refusal)
        assert effect.lifetime >= 1, "the kernel takes no lifetime of 0"
        names = [str(vip.address) for vip in effect.vips]
        were_present = any(self.kernel.get(name, 0.0) > self.now for name in names)
        self.kernel |= dict.fromkeys(names, self.now + effect.lifetime)
        return VipsSet(effect.lifetime, self.now, were_present)

    def _drop(self, effect: DropVips) -> FosEvent:
        names = [str(vip.address) for vip in effect.vips]
        if not self.is_stubborn:
            for name in names:
                self.kernel.pop(name, None)
        return VipsLooked(tuple(name for name in names if self.kernel.get(name, 0.0) > self.now))


def _in_words(effect: FosEffect) -> str:
    match effect:
        case RunCommand(service, command):
            return f"{command} {service.name}"
        case KillCommand(name):
            return f"kill {name}"
        case StartNanny(service):
            return f"nanny {service.name}"
        case StopNanny(name):
            return f"no nanny {name}"
        case DropVips(vips):
            return "drop " + " ".join(str(vip.address) for vip in vips)
        case AnnounceVips(vips):
            return "announce " + " ".join(str(vip.address) for vip in vips)
        case AskForVips() | ProbeAtOnce() | SetVips() | Tell() | Say():
            return ""
        case Leave():
            return "leave"


STOP, START = Command.STOP, Command.START
