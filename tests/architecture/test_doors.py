"""Each power over the machine has one door: time, processes, the log and files."""

import ast
from collections.abc import Iterable

import pytest

from tests.architecture.source import Source, package_sources

FORKS = {
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.posix_spawnp",
    "os.popen",
    "os.system",
    "pty.fork",
    "pty.spawn",
}
WRITES = {
    "os.chmod",
    "os.link",
    "os.makedirs",
    "os.mkdir",
    "os.mkfifo",
    "os.remove",
    "os.rename",
    "os.replace",
    "os.symlink",
    "os.truncate",
    "os.unlink",
    "os.O_APPEND",
    "os.O_CREAT",
    "os.O_RDWR",
    "os.O_TRUNC",
    "os.O_WRONLY",
}
PATH_WRITES = {"write_text", "write_bytes", "touch", "mkdir", "unlink", "symlink_to", "hardlink_to"}
NOW = {"now", "today", "utcnow"}

OTHER_WRITERS = {
    "system/watchdog_device.py": "a watchdog is a device that is written to, and never made",
    "system/pid_file.py": "the lock of a pid file is taken on the descriptor that creates it",
    "system/command_output.py": "the end of a pipe that a command gets is opened for reading too",
    "system/local_socket.py": "binding a local socket makes a file, and a stale one is in its way",
}
"""Doors of their own that make a file which is no document; each with its reason."""


def strangers(sources: Iterable[Source], door: str) -> list[Source]:
    return [source for source in sources if source.room != door]


def imported(source: Source, *modules: str) -> list[str]:
    return [
        f"{source.name}:{line}: imports {name}"
        for line, name in source.imports()
        if name.split(".")[0] in modules
    ]


def used(source: Source, names: set[str]) -> list[str]:
    return [
        f"{source.name}:{line}: uses {name}" for line, name in source.names_used() if name in names
    ]


def opens_for_writing(source: Source) -> list[str]:
    found = []
    for call in source.calls():
        function = ast.unparse(call.func)
        if function != "open" and not function.endswith(".open"):
            continue
        is_method = isinstance(call.func, ast.Attribute)
        arguments = call.args[0 if is_method else 1 :] + [word.value for word in call.keywords]
        modes = [a.value for a in arguments if isinstance(a, ast.Constant)]
        if any(isinstance(m, str) and set(m) & set("wax+") and len(m) <= 3 for m in modes):
            found.append(f"{source.name}:{call.lineno}: opens a file for writing")
    return found


def path_writes(source: Source) -> list[str]:
    return [
        f"{source.name}:{call.lineno}: calls .{call.func.attr}()"
        for call in source.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr in PATH_WRITES
    ]


def asks_the_date(source: Source) -> list[str]:
    return [
        f"{source.name}:{call.lineno}: asks for the date of today"
        for call in source.calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in NOW
        and ast.unparse(call.func.value).split(".")[-1] in ("datetime", "date")
    ]


def test_only_the_clock_reads_time() -> None:
    found = []
    for source in strangers(package_sources(), "system/clock.py"):
        found += imported(source, "time") + asks_the_date(source)
    assert found == []


def test_only_children_makes_processes() -> None:
    found = []
    for source in strangers(package_sources(), "system/children.py"):
        found += imported(source, "subprocess", "multiprocessing", "pty") + used(source, FORKS)
        found += [
            f"{source.name}:{line}: uses {name}"
            for line, name in source.names_used()
            if name.startswith(("os.exec", "os.spawn"))
        ]
    assert found == []


def test_only_the_journal_logs() -> None:
    found = []
    for source in strangers(package_sources(), "system/journal.py"):
        found += imported(source, "logging", "syslog")
    assert found == []


def test_only_programs_print() -> None:
    found = [
        f"{source.name}:{call.lineno}: prints"
        for source in package_sources()
        if not source.room.startswith(("programs/", "web/")) and source.room != "system/journal.py"
        for call in source.calls()
        if ast.unparse(call.func) == "print"
    ]
    assert found == []


def test_only_files_writes_files() -> None:
    found = []
    for source in strangers(package_sources(), "system/files.py"):
        if source.room not in OTHER_WRITERS:
            found += used(source, WRITES) + opens_for_writing(source) + path_writes(source)
    assert found == []


@pytest.mark.parametrize(
    ("code", "is_caught"),
    [
        ("open('x', 'w')", True),
        ("open('x', mode='ab')", True),
        ("open('x')", False),
        ("open('w')", False),
        ("path.open('r+')", True),
        ("path.open()", False),
    ],
)
def test_a_planted_write_is_seen(code: str, is_caught: bool) -> None:
    from tests.architecture.source import PACKAGE

    source = Source(PACKAGE / "planted.py", code, ast.parse(code))
    assert bool(opens_for_writing(source)) == is_caught
