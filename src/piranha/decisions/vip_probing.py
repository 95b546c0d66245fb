"""Pure: one probe of a service through its VIP, and what its real address says meanwhile.

Asked for by pulse, when a service of the partner fails or the partner has taken over. One probe,
not a nanny for ever: it names a fault, and whether a service has failed is decided without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from piranha.decisions.fos_effects import FosEffect, ProbeAtOnce, ProbeThroughVip, Tell
from piranha.decisions.fos_events import VipProbeEnded
from piranha.decisions.service_watch import ServiceWatch
from piranha.values import replace
from piranha.wire.nanny_line import NannyReport
from piranha.wire.report_line import VipProbed

HELD_HERE = "no evidence: this node has the VIP itself"
NOT_ASKED_HERE = "not asked over the network"


@dataclass(frozen=True, slots=True)
class Probing:
    """What is known since pulse asked."""

    through_vip: VipProbeEnded | None = None
    real: NannyReport | None = None
    is_known_bad: bool = False
    """The real address had failed before; it is not asked once more out of its turn, for two bad
    probes in a row are what moves a group."""
    real_verdict: str = ""


Probings = Mapping[str, Probing]


def begin(
    probings: Probings, watch: ServiceWatch | None, name: str
) -> tuple[Probings, tuple[FosEffect, ...]]:
    """pulse wants it; a service that nobody asks over the network is answered for at once."""
    if watch is None:
        said = VipProbed(name, None, NOT_ASKED_HERE, "", None, NOT_ASKED_HERE)
        return probings, (Tell(said),)
    is_bad = watch.check.was_good is False
    probing = Probing(is_known_bad=is_bad, real_verdict=watch.check.verdict if is_bad else "")
    asked: tuple[FosEffect, ...] = (ProbeThroughVip(watch.service),)
    if not is_bad:
        asked = (*asked, ProbeAtOnce(name))
    return {**probings, name: probing}, asked


def hear_vip(probings: Probings, event: VipProbeEnded) -> tuple[Probings, tuple[FosEffect, ...]]:
    """The probe through the VIP has ended."""
    name = event.report.service
    if name not in probings:
        return probings, ()
    return _told(probings, name, replace(probings[name], through_vip=event))


def hear_real(probings: Probings, report: NannyReport) -> tuple[Probings, tuple[FosEffect, ...]]:
    """A nanny has probed the real address."""
    probing = probings.get(report.service)
    if probing is None or probing.is_known_bad or not report.is_judgement:
        return probings, ()
    return _told(probings, report.service, replace(probing, real=report))


def _told(
    probings: Probings, name: str, probing: Probing
) -> tuple[Probings, tuple[FosEffect, ...]]:
    through, real = probing.through_vip, probing.real
    is_over = through is not None and (real is not None or probing.is_known_bad)
    others = {other: known for other, known in probings.items() if other != name}
    probings = others if is_over else {**others, name: probing}
    if through is None:
        return probings, ()
    is_real_healthy = False if probing.is_known_bad else real.is_healthy if real else None
    is_evidence = through.report.is_judgement and not through.is_held_here
    said = VipProbed(
        service=name,
        is_healthy=through.report.is_healthy if is_evidence else None,
        verdict=HELD_HERE if through.is_held_here else through.report.verdict,
        mac="" if through.is_held_here else through.mac,
        is_real_healthy=is_real_healthy,
        real_verdict=probing.real_verdict if real is None else real.verdict,
    )
    return probings, (Tell(said),)
