"""Installs the suite on a test machine by the lines of the guide, as an administrator would."""

import io
import re
import sys
import sysconfig
import tarfile
from functools import cache
from pathlib import Path

from tests.architecture.source import ROOT, programs
from tests.systemd.machine import Machine

BORROWED = ("daemon", "lockfile", "psutil", "setproctitle")
"""What pip would fetch; a machine of the tests has no network."""
HOME = "/opt/piranha"
TREE = "/root/piranha"


def install(machine: Machine) -> None:
    """Type the lines of docs/installation.md in a copy of this tree."""
    machine.unpack(tree_as_archive(), TREE)
    for line in guide_lines():
        if line.startswith("apt-get "):
            continue
        if line.startswith("/opt/piranha/bin/pip "):
            machine.unpack(package_as_archive(), HOME)
            machine.run(f"{HOME}/bin/python3", "-m", "compileall", "-q", f"{HOME}/lib")
        elif " -m venv " in line:
            machine.run("bash", "-c", f"{line} --without-pip")
        else:
            machine.run("bash", "-c", f"cd {TREE} && {line}")


def guide_lines() -> list[str]:
    """The commands between the two marks of the chapter on installation."""
    text = (ROOT / "docs" / "installation.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- install:begin -->\n(.*?)<!-- install:end -->", text, re.DOTALL)
    assert found
    return [line.strip() for line in found.group(1).splitlines() if line.strip()]


@cache
def tree_as_archive() -> bytes:
    """What the guide's lines need of this tree."""
    return _archive({name: ROOT / name for name in ("etc", "man", "systemd")})


@cache
def package_as_archive() -> bytes:
    """What `pip install .` would put into the virtual environment."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = f"lib/{version}/site-packages"
    installed = Path(sysconfig.get_paths()["purelib"])
    members = {f"{site}/{name}": installed / name for name in BORROWED}
    members[f"{site}/piranha"] = ROOT / "src" / "piranha"
    scripts = Path(sysconfig.get_paths()["scripts"])
    texts = {f"bin/{program}": _script(scripts / program) for program in programs()}
    return _archive(members, texts)


def _script(path: Path) -> bytes:
    """A console script whose first line names the interpreter of the test machine."""
    first, rest = path.read_bytes().split(b"\n", 1)
    assert first.startswith(b"#!")
    return f"#!{HOME}/bin/python3\n".encode() + rest


def _no_bytecode(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Compiled anew on the machine, as pip does it."""
    return None if "__pycache__" in entry.name else entry


def _archive(members: dict[str, Path], texts: dict[str, bytes] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, path in members.items():
            archive.add(path, name, filter=_no_bytecode)
        for name, text in (texts or {}).items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text))
    return stream.getvalue()
