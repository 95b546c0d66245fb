"""How late pulse is woken: the measure of whether this machine can keep its promises."""

WINDOW_SECONDS = 60.0


class Lateness:
    """The worst since the start, and the worst of the last one or two minutes."""

    def __init__(self) -> None:
        self.worst_seconds = 0.0
        self._windows = (0.0, 0.0)
        """Of the last whole window, and of the present one."""
        self._window_ends_at = 0.0

    def note(self, asked_for: float, woken_at: float) -> None:
        """A wait until one instant ended at another; an early end is not late."""
        late = woken_at - asked_for
        before, present = self._windows
        if woken_at >= self._window_ends_at:
            is_next = woken_at < self._window_ends_at + WINDOW_SECONDS
            before, present = (present if is_next else 0.0), 0.0
            self._window_ends_at = woken_at + WINDOW_SECONDS
        self._windows = before, max(present, late)
        self.worst_seconds = max(self.worst_seconds, late)

    @property
    def recent_seconds(self) -> float:
        return max(self._windows)
