"""Fencing of the partner: for the decision core when it must be, for an operator who asks."""

from collections.abc import Callable

from piranha.config.settings import Settings
from piranha.decisions.events import Fenced, FenceFailed
from piranha.programs.control_room import Caller
from piranha.programs.fence_command import FenceAction, fence_run
from piranha.programs.fencer import Fencer
from piranha.system.loop import Loop
from piranha.terms import Side
from piranha.wire.control_line import Done, Fence, FenceWish, Progress, Refused
from piranha.wire.exit_status import ExitStatus


class PartnerFence:
    """The fence of the file in force, against the other side."""

    def __init__(
        self,
        loop: Loop,
        partner: Side,
        settings: Callable[[], Settings],
        emit: Callable[[Fenced | FenceFailed], None],
    ) -> None:
        self._fencer = Fencer(loop)
        self._partner = partner
        self._settings = settings
        self._emit = emit
        self.wake_at = self._fencer.wake_at
        self.tend = self._fencer.tend
        self.close = self._fencer.close

    def off(self, reason: str) -> None:
        """The core needs it: Fenced or FenceFailed follows."""
        settings = self._settings()
        if not settings.fence_cmd:  # a reload took it away in this very moment
            self._emit(FenceFailed("the file has no fence_cmd"))
            return
        run = fence_run(settings, self._partner, FenceAction.OFF, reason)
        self._fencer.begin(
            run, lambda is_off, text: self._emit(Fenced(text) if is_off else FenceFailed(text))
        )

    def serve(self, caller: Caller, request: Fence, is_partner_heard: bool) -> None:
        """What an operator asks; a node must be named to be switched off, or called off."""
        refusal, status = self._refusal(request, is_partner_heard)
        if refusal:
            caller.finish(Refused(refusal, status))
        elif request.wish is FenceWish.CONFIRM:
            self._emit(Fenced(f"{caller} says that it is off"))
            caller.finish(Done(f"the {self._partner} counts as off"))
        else:
            self._run(caller, request)

    def _refusal(self, request: Fence, is_partner_heard: bool) -> tuple[str, ExitStatus]:
        wish = request.wish
        if not self._settings().fence_cmd:
            return "the file has no fence_cmd", ExitStatus.WRONG_USE
        if wish is not FenceWish.TEST and request.node != self._partner:
            return f"the partner of this node is the {self._partner}", ExitStatus.WRONG_USE
        if wish is FenceWish.CONFIRM and is_partner_heard:
            return f"the {self._partner} is heard: it is not off", ExitStatus.FAILED
        if wish is not FenceWish.CONFIRM and self._fencer.is_busy:
            return "a fence runs already", ExitStatus.REFUSED
        return "", ExitStatus.OK

    def _run(self, caller: Caller, request: Fence) -> None:
        is_test = request.wish is FenceWish.TEST
        action = FenceAction.STATUS if is_test else FenceAction.OFF
        run = fence_run(self._settings(), self._partner, action, f"asked by {caller}")

        def tell(is_done: bool, text: str) -> None:
            if is_done and not is_test:
                self._emit(Fenced(f"{text}, asked by {caller}"))
            what = "the fence can be reached" if is_test else f"the {self._partner} is off"
            failed = "the fence cannot be used" if is_test else "the fence failed"
            if is_done:
                caller.finish(Done(f"{what}: {text}"))
            else:
                caller.finish(Refused(f"{failed}: {text}", ExitStatus.FAILED))

        self._fencer.begin(run, tell, lambda line: caller.tell(Progress(line)))
