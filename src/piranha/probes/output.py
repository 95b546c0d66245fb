"""Pure: what a program said and how it ended, judged as an answer.

Where something is expected, the output decides and the exit status does not (as send_program has
always worked); where nothing is, exit status 0 is health.
"""

from piranha.probes.matching import Finding, matchers_of
from piranha.probes.verdict import Outcome, Verdict, timed_out
from piranha.script.spelling import quoted
from piranha.script.steps import ExpectAny, ExpectPrefix, ExpectRegex, Step

OUTPUT_LIMIT = 65_536
"""Bytes of output that one probe reads before it says "too much"."""


class ProgramOutput:
    """The output of one run as it grows, until it is judged. Raises re.error when made."""

    def __init__(self, steps: tuple[Step, ...], started_at: float, timeout_seconds: float) -> None:
        self.outcome: Outcome | None = None
        self.deadline = started_at + timeout_seconds
        self._started_at = started_at
        expects = tuple(s for s in steps if isinstance(s, ExpectPrefix | ExpectAny | ExpectRegex))
        self._matchers = matchers_of(expects)
        self._output = bytearray()
        self._complaints = bytearray()

    @property
    def wanted(self) -> str:
        """What is expected, for people."""
        return ", then ".join(matcher.wanted for matcher in self._matchers if matcher)

    def received(self, data: bytes, now: float) -> None:
        """The program wrote this to its standard output."""
        self._keep(self._output, data, now)

    def complained(self, data: bytes, now: float) -> None:
        """The program wrote this to its standard error, which is compared with nothing."""
        self._keep(self._complaints, data, now)

    def exited(self, status: int, now: float) -> None:
        """The program has ended: its exit status, or minus the signal."""
        if self.outcome is not None:
            return
        ending = f"exit status {status}" if status >= 0 else f"signal {-status}"
        evidence = f"{self._got()}, {ending}"
        if self._matchers:
            verdict = Verdict.ANSWERED if self._is_expected() else Verdict.WRONG_ANSWER
            evidence = f"expected {self.wanted}, {evidence}"
        else:
            verdict = Verdict.PROGRAM_FAILED if status else Verdict.SUCCEEDED
        self._end(verdict, evidence, now)

    def failed(self, verdict: Verdict, reason: str, now: float) -> None:
        """It did not run, or could not be judged."""
        if self.outcome is None:
            self._end(verdict, reason, now)

    def time_passed(self, now: float) -> None:
        """At the deadline it is too late."""
        if self.outcome is None and now >= self.deadline:
            verdict = timed_out(Verdict.PROGRAM_TIMED_OUT, self.deadline, now)
            self._end(verdict, f"{self._got()}, still running", now)

    def _is_expected(self) -> bool:
        for matcher in self._matchers:
            assert matcher is not None, "only expect steps have been taken"
            if (
                matcher.look(self._output, False) is not Finding.MATCHED
                and matcher.look(self._output, True) is not Finding.MATCHED
            ):
                return False
            if matcher is not self._matchers[-1]:
                del self._output[: matcher.consumed]
        return True

    def _keep(self, kept: bytearray, data: bytes, now: float) -> None:
        kept += data[: OUTPUT_LIMIT + 1 - len(kept)]
        if len(kept) > OUTPUT_LIMIT and self.outcome is None:
            self._end(Verdict.TOO_MUCH, f"more than {OUTPUT_LIMIT} bytes, {self._got()}", now)

    def _got(self) -> str:
        got = f"got {quoted(self._output)}" if self._output else "got nothing"
        return f"{got}, complaint {quoted(self._complaints)}" if self._complaints else got

    def _end(self, verdict: Verdict, evidence: str, now: float) -> None:
        seconds = max(0.0, now - self._started_at)
        self.outcome = Outcome(verdict, f"{evidence}, after {seconds:.3f} s", seconds)
