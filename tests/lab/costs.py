"""What the daemons cost a node that has nothing to do: private memory and processor time."""

import re
from pathlib import Path

from tests.lab.host import Host, HostProcess
from tests.lab.pair import DAEMONS

KIB_PER_MB = 1024
NANOSECONDS = 1e9


def private_megabytes(process: HostProcess) -> float:
    """What would be free if the process ended (proc(5), smaps_rollup), in MiB."""
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    return sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+)", text, re.M)) / KIB_PER_MB


def largest_private_megabytes(host: Host, program: str) -> float:
    """The largest process of a program."""
    return max(private_megabytes(process) for process in host.processes(program))


def processor_seconds(host: Host) -> float:
    """What the living daemons of a node have used so far (proc(5), schedstat)."""
    return (
        sum(
            int(Path(f"/proc/{process.pid}/schedstat").read_text().split()[0])
            for process in host.processes()
            if any(process.is_of(name) for name in DAEMONS)
        )
        / NANOSECONDS
    )
