"""Forks nannies as fos does, prints the private memory of each in kB: `nanny_memory 50 tls`."""

import os
import socket
import sys
from contextlib import suppress
from typing import Any

import piranha.config.reading
import piranha.programs.fos  # noqa: F401  (what a fos has loaded)
from piranha.probes.asking import tls_fault, warm_up_tls
from piranha.probes.question import Question, Transport
from piranha.programs.nanny import run_for_fos, warm_up
from piranha.script.steps import StartTls, TlsTerms, steps_of
from piranha.system import children, clock
from piranha.system.children import Child

PROBES = 20
INTERVAL_SECONDS = 0.4


def serve(listener: socket.socket, context: Any) -> int:
    while True:
        connection, _ = listener.accept()
        with (
            suppress(OSError),
            context.wrap_socket(connection, server_side=True) if context else connection as spoken,
        ):
            spoken.recv(1000)
            spoken.sendall(b"HTTP/1.0 200 OK\r\n\r\nhello")


def private_kilobytes(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def main(count: int, is_tls: bool) -> None:
    terms = TlsTerms() if is_tls else None
    context = None
    if is_tls:
        from tests.probes.tls_servers import context as tls_context

        context = tls_context()
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    port = listener.getsockname()[1]
    server = children.fork(
        lambda: serve(listener, context), "server", keep_fds=(listener.fileno(),)
    )
    steps = steps_of(b"GET / HTTP/1.0\r\n\r\n", b"HTTP")
    if terms is not None:
        steps = (StartTls(), *steps)
    warm_up()
    if is_tls:
        warm_up_tls()
    children.prepare_to_fork()
    nannies: list[Child] = []
    orders: list[int] = []
    reports_read, reports_write = os.pipe()
    os.set_blocking(reports_read, False)
    for number in range(count):
        order_read, order_write = os.pipe()
        orders.append(order_write)
        question = Question("127.0.0.1", port, Transport.TCP, steps, 2.0, f"web{number}", tls=terms)
        if terms is not None:
            tls_fault(terms)
        phase = INTERVAL_SECONDS * number / count

        def body(question: Question = question, phase: float = phase, fd: int = order_read) -> int:
            children.drop_rights()
            return run_for_fos(question, INTERVAL_SECONDS, phase, reports_write, fd)

        keep = (reports_write, order_read)
        nannies.append(children.fork(body, f"nanny: web{number} -> {question.target}", keep))
        os.close(order_read)
    heard = 0
    end = clock.now() + 60
    while heard < count * PROBES and clock.now() < end:
        clock.sleep_until(clock.now() + 0.1)
        with suppress(BlockingIOError):
            heard += os.read(reports_read, 1 << 20).count(b"\n")
    print(*(private_kilobytes(nanny.pid) for nanny in nannies))
    for child in (*nannies, server):
        children.kill(child)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:] == ["tls"])
