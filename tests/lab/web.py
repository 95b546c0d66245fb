"""A small HTTP service for the laboratory: every answer is the name of the node that gave it.

    web.py start PORT     serve in the background; at once, and also when it already serves
    web.py stop PORT      end it; also when it does not serve
    web.py serve PORT     serve in the foreground

`start` returns when connections are accepted. Start it with `python -I -S`: it needs no package,
and the time it takes to start is part of what the laboratory measures.
"""

import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

STOP_LIMIT_SECONDS = 5.0
LONGEST_QUESTION = 4096


def pid_file(port: int) -> Path:
    return Path(f"/run/web-{port}.pid")


def listen(port: int) -> socket.socket:
    """Every address of the host, IPv4 and IPv6, those that come later included."""
    listener = socket.create_server(
        ("", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024
    )
    listener.setblocking(False)
    return listener


def serve(listener: socket.socket) -> None:
    """Answer for ever; a caller that is slow or rude disturbs nobody."""
    name = socket.gethostname()
    head = f"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(name) + 1}\r\n\r\n"
    answer = f"{head}{name}\n".encode()
    waiting = selectors.DefaultSelector()
    waiting.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            source = key.fileobj
            assert isinstance(source, socket.socket)
            try:
                if source is listener:
                    connection, _ = listener.accept()
                    connection.setblocking(False)
                    waiting.register(connection, selectors.EVENT_READ)
                    continue
                if source.recv(LONGEST_QUESTION):
                    source.send(answer)
            except OSError:
                pass
            if source is not listener:
                waiting.unregister(source)
                source.close()


def running(port: int) -> int | None:
    """The pid of the server in the background, if it lives."""
    try:
        pid = int(pid_file(port).read_text())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return None
    return pid


def start(port: int) -> None:
    if running(port):
        return
    listener = listen(port)
    pid = os.fork()
    if pid:
        pid_file(port).write_text(f"{pid}\n")
        return
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    serve(listener)


def stop(port: int) -> None:
    pid = running(port)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + STOP_LIMIT_SECONDS
    while running(port):
        if time.monotonic() > limit:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.001)


def main() -> None:
    verb, port = sys.argv[1], int(sys.argv[2])
    if verb == "start":
        start(port)
    elif verb == "stop":
        stop(port)
    else:
        serve(listen(port))


if __name__ == "__main__":
    main()
