"""Rights are given up for good, and come back for what is executed. In programs of their own."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: rights to give up")


def output_of(program: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=20
    ).stdout.splitlines()


def test_what_is_not_needed_is_given_up() -> None:
    program = """
from piranha.system import capabilities
print(capabilities.keep_only(["CAP_KILL", "CAP_NET_RAW"]))
print(f"{capabilities.permitted():x}")
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")][0])
"""
    assert output_of(program) == ["None", "2020", "0000000000002020"]


def test_nothing_comes_back() -> None:
    program = """
from piranha.system import capabilities
capabilities.keep_only(["CAP_KILL"])
print(capabilities.keep_only(["CAP_KILL", "CAP_NET_RAW"]), f"{capabilities.permitted():x}")
"""
    assert output_of(program) == ["None 20"]


def test_a_file_that_root_may_not_touch_any_more_is_refused(tmp_path: os.PathLike[str]) -> None:
    program = f"""
import os
from piranha.system import capabilities
path = os.path.join({str(tmp_path)!r}, "of-another")
open(path, "w").close()
os.chown(path, 1234, 1234)
os.chmod(path, 0o600)
capabilities.keep_only()
try:
    open(path)
except PermissionError as error:
    print(error.strerror)
"""
    assert output_of(program) == ["Permission denied"]


def test_what_is_executed_as_root_has_everything_again() -> None:
    program = """
import subprocess
from piranha.system import capabilities
before = f"{capabilities.permitted():016x}"
capabilities.keep_only([])
status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True).stdout
print([line.split()[1] for line in status.splitlines() if line.startswith("CapEff")][0] == before)
"""
    assert output_of(program) == ["True"]
