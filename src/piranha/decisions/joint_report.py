"""Pure: a service that is asked and whose process is watched is well when it answers and runs."""

from dataclasses import replace

from piranha.wire.nanny_line import NannyReport


def joint_report(asked: NannyReport, watched: NannyReport | None) -> NannyReport:
    """What a probe means beside the newest look at the process: workers may go on answering for a
    while after their master has died."""
    if watched is None or not is_end(watched) or not asked.is_healthy:
        return asked
    evidence = f"{watched.evidence}; yet it answers: {asked.evidence}"
    return replace(asked, verdict=watched.verdict, is_healthy=False, evidence=evidence)


def is_end(watched: NannyReport) -> bool:
    """True when the process does not run; a look that was not possible says nothing."""
    return watched.is_judgement and not watched.is_healthy
