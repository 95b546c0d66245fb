"""Leave the terminal, and let the launcher's exit status tell how the start went.

The launcher forks a child which becomes the daemon (python-daemon forks twice more) and waits at a
pipe until the daemon says that it is ready, or why it is not.
"""

import os
import sys
from collections.abc import Callable

from piranha.system import children
from piranha.wire.exit_status import ExitStatus

Tell = Callable[[ExitStatus, str], None]
"""Called by the daemon once: OK when it is ready, else the status and the reason."""


def run_detached(title: str, body: Callable[[Tell], int]) -> int:
    """Run `body` in a daemon called `title` in ps(1), and return in the launcher what it tells.

    The body runs with / as its directory, umask 022 and all descriptors closed. Raises OSError.
    """
    reading, writing = os.pipe()
    children.fork(lambda: _become_daemon(body, writing), title, keep_fds=(writing,))
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    number, _, text = told.decode("utf-8", "replace").partition(" ")
    if not number.isdecimal():
        number, text = str(int(ExitStatus.REFUSED)), f"{title}: it ended before it was ready"
    if text:
        print(text, file=sys.stderr)
    return int(number)


def _become_daemon(body: Callable[[Tell], int], writing: int) -> int:
    import daemon  # here: it costs 40 ms, which nobody in the foreground pays

    daemon.DaemonContext(
        detach_process=True,
        files_preserve=[writing],
        prevent_core=False,  # it would hold for the services too
        signal_map={},
        umask=0o022,
        working_directory="/",
    ).open()
    is_told = False

    def tell(status: ExitStatus, text: str) -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            os.write(writing, f"{int(status)} {text}".encode("utf-8", "replace"))
            os.close(writing)

    return body(tell)
