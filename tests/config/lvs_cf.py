"""Small lvs.cf files for tests: good as they are, changed line by line."""

from piranha.config.reading import Reading, read_settings
from piranha.config.settings import Service, Settings

GLOBAL = """\
service = fos
primary = 10.0.0.1
backup = 10.0.0.2
"""
WEB = """\
failover web {
    active = 1
    address = 10.0.0.10 eth0:1
    start_cmd = /etc/init.d/web start
    stop_cmd = /etc/init.d/web stop
}
"""
FTP = WEB.replace("web", "ftp").replace("10.0.0.10 eth0:1", "10.0.0.11 eth0:2")


def read(text: str) -> Reading:
    return read_settings(text.encode(), "lvs.cf")


def complaints(text: str) -> list[str]:
    """Every complaint as it is printed."""
    return [str(complaint) for complaint in read(text).complaints]


def settings(text: str) -> Settings:
    """The settings of a file without errors."""
    reading = read(text)
    assert reading.settings is not None, reading.complaints
    return reading.settings


def web(*lines: str) -> str:
    """The failover block with further lines."""
    return WEB.replace("\n}", "".join(f"\n    {line}" for line in lines) + "\n}")


def service(*lines: str) -> Service:
    """The only service of a file whose failover block has these lines besides."""
    return settings(GLOBAL + web(*lines)).groups[0].services[0]
