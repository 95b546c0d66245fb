"""Prints the Debian packages of the zoo for .ci/prepare; with "all" those of every server."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.zoo.all_animals import ANIMALS

DHCP = {"isc-dhcp-server", "dnsmasq-base", "kea-dhcp4-server"}
"""Of test_dhcp_servers.py; without kea the Makefile names them."""


def main() -> None:
    wanted = [animal for animal in ANIMALS if animal.in_ci or sys.argv[1:] == ["all"]]
    names = {package for animal in wanted for package in animal.packages}
    if sys.argv[1:] == ["all"]:
        names |= DHCP
    print(" ".join(f"deb:{name}" for name in sorted(names | {"openssl"})))


if __name__ == "__main__":
    main()
