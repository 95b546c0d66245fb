"""Four machines and their cables: a switch, two nodes and a client, on one private segment.

    node-a 10.77.0.1   node-b 10.77.0.2   client 10.77.0.100   the switch itself 10.77.0.254
    and, if asked for, a second network for heartbeats alone: 10.78.0.1, 10.78.0.2

The switch answers as the gateway would. Nothing here knows of the daemons.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab import faults
from tests.lab.host import Host, kernel_addresses

NODE_A, NODE_B, CLIENT, SWITCH = "node-a", "node-b", "client", "switch"
NUMBER = {NODE_A: 1, NODE_B: 2, CLIENT: 100, SWITCH: 254}
NETWORK = "10.77.0"
PRIVATE_NETWORK = "10.78.0"
NETWORK_IPV6 = "fd77::"
BRIDGE, PRIVATE_BRIDGE = "segment", "private"


def address_of(name: str, network: str = NETWORK) -> str:
    """The real address of a host."""
    return f"{network}.{NUMBER[name]}"


def hardware_address_of(name: str) -> str:
    """The MAC of a host on the segment: its number is the last byte, so a trace reads easily."""
    return f"02:00:00:00:00:{NUMBER[name]:02x}"


def port_of(name: str) -> str:
    """The switch's end of a host's cable."""
    return f"to-{name}"


def private_port_of(name: str) -> str:
    """The switch's end of a node's heartbeat cable."""
    return f"hb-{name}"


class Segment:
    """Use as a context: leaving it ends every host, whatever happened inside."""

    def __init__(self, has_private_network: bool = False) -> None:
        self.has_private_network = has_private_network
        self.hosts = {name: Host(name) for name in NUMBER}
        self._faults: list[faults.Fault] = []

    def __enter__(self) -> "Segment":
        try:
            for host in self.hosts.values():
                host.wait_until_ready()
            self._lay_cables()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def node_a(self) -> Host:
        return self.hosts[NODE_A]

    @property
    def node_b(self) -> Host:
        return self.hosts[NODE_B]

    @property
    def nodes(self) -> tuple[Host, Host]:
        return self.node_a, self.node_b

    @property
    def client(self) -> Host:
        return self.hosts[CLIENT]

    @property
    def switch(self) -> Host:
        return self.hosts[SWITCH]

    def other(self, node: Host) -> Host:
        """The partner of a node."""
        return self.node_b if node is self.node_a else self.node_a

    def _lay_cables(self) -> None:
        bridges = [BRIDGE, *([PRIVATE_BRIDGE] if self.has_private_network else [])]
        lines = ["link set lo up"]
        mac = hardware_address_of(SWITCH)
        for bridge in bridges:
            lines += [
                f"link add {bridge} address {mac} type bridge mcast_snooping 0",
                f"link set {bridge} up",
            ]
        lines.append(f"address add {address_of(SWITCH)}/24 dev {BRIDGE}")
        for name in (NODE_A, NODE_B, CLIENT):
            lines += self._cable(port_of(name), BRIDGE, name, "eth0", hardware_address_of(name))
        if self.has_private_network:
            for name in (NODE_A, NODE_B):
                lines += self._cable(private_port_of(name), PRIVATE_BRIDGE, name, "eth1", None)
        self.switch.run(["ip", "-batch", "-"], "\n".join(lines) + "\n", is_network_only=True)
        for name in (NODE_A, NODE_B, CLIENT):
            self._address(name)

    def _cable(self, port: str, bridge: str, name: str, device: str, mac: str | None) -> list[str]:
        address = f"address {mac}" if mac else ""
        peer = f"peer name {device} {address} netns {self.hosts[name].pid}"
        return [f"link add {port} type veth {peer}", f"link set {port} master {bridge} up"]

    def _address(self, name: str) -> None:
        lines = [
            "link set lo up",
            "link set eth0 up",
            f"address add {address_of(name)}/24 dev eth0",
            f"address add {NETWORK_IPV6}{NUMBER[name]:x}/64 dev eth0 nodad",
        ]
        if self.has_private_network and name != CLIENT:
            private = address_of(name, PRIVATE_NETWORK)
            lines += ["link set eth1 up", f"address add {private}/24 dev eth1"]
        else:
            lines.append(f"route add default via {address_of(SWITCH)}")
        self.hosts[name].run(["ip", "-batch", "-"], "\n".join(lines) + "\n")

    def pull_cable(self, node: Host) -> None:
        """The node's cable is out: its device has no carrier."""
        self.switch.run(["ip", "link", "set", port_of(node.name), "down"])

    def plug_cable(self, node: Host) -> None:
        self.switch.run(["ip", "link", "set", port_of(node.name), "up"])

    def apply(self, *wanted: faults.Fault) -> None:
        """From now on these faults hold, besides those that hold already."""
        self._faults += wanted
        self.switch.run(["nft", "-f", "-"], faults.ruleset(self._faults))

    def lift(self, *ended: faults.Fault) -> None:
        """These faults hold no longer; the others do."""
        for fault in ended:
            self._faults.remove(fault)
        self.switch.run(["nft", "-f", "-"], faults.ruleset(self._faults))

    def heal(self) -> None:
        """No fault holds any longer."""
        self._faults = []
        self.switch.run(["nft", "-f", "-"], faults.ruleset([]))

    @contextmanager
    def under(self, *wanted: faults.Fault) -> Iterator[None]:
        """The faults hold inside the `with` block."""
        self.apply(*wanted)
        try:
            yield
        finally:
            self.heal()

    def holders(self, address: str) -> tuple[str, ...]:
        """The names of the nodes whose kernels have this address now."""
        return tuple(n.name for n in self.nodes if address in kernel_addresses(n.pid))

    def stop(self) -> None:
        """End every host; nothing is left."""
        for host in self.hosts.values():
            host.stop()
