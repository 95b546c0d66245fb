"""The other end of the control socket: one request and its answers, for who waits at a terminal."""

import select
from collections.abc import Iterator
from pathlib import Path

from piranha.errors import SystemRefusedError, WireError
from piranha.system import local_socket
from piranha.wire.control_line import (
    LARGEST_ANSWER,
    Answer,
    Done,
    Refused,
    Request,
    decode_answer,
    encode_request,
)

ANSWER_SECONDS = 10.0
"""A pulse that lives answers within milliseconds."""


def ask(path: Path, request: Request, seconds: float | None = ANSWER_SECONDS) -> Iterator[Answer]:
    """Every answer as it comes; the last one is a Done or a Refused.

    `seconds`: the longest wait for each answer; None: for ever. Raises SystemRefusedError when
    nobody answers, WireError when it is not our language.
    """
    try:
        connection = local_socket.connect(path, LARGEST_ANSWER)
    except PermissionError as error:
        raise SystemRefusedError(str(error)) from error
    except OSError as error:
        raise SystemRefusedError(f"no pulse runs here: {error}") from error
    try:
        connection.send_line(encode_request(request))
        while not connection.is_closed:
            if not select.select([connection], [], [], seconds)[0]:
                raise SystemRefusedError(f"pulse has not answered for {seconds:g} s")
            for line in connection.lines():
                answer = decode_answer(line)
                yield answer
                if isinstance(answer, Done | Refused):
                    return
        raise SystemRefusedError("pulse has ended before it answered")
    except WireError as error:
        raise WireError(f"piranhactl and the running pulse do not fit together: {error}") from error
    finally:
        connection.close()
