"""Two ways to cut a node off its segment, and how each is mended."""

from dataclasses import dataclass
from enum import Enum

from tests.lab import faults
from tests.lab.host import Host
from tests.lab.pair import Pair
from tests.lab.segment import port_of


class Cut(Enum):
    """What the node itself can see of it."""

    PULLED = "cable pulled, carrier lost"
    SILENT = "cable cut, carrier kept"


@dataclass(frozen=True, slots=True)
class Cable:
    """The cables of a pair, to be cut in one of the two ways."""

    pair: Pair
    kind: Cut

    def cut(self, node: Host) -> None:
        if self.kind is Cut.PULLED:
            self.pair.segment.pull_cable(node)
        else:
            self.pair.segment.apply(faults.silence(port_of(node.name)))

    def mend(self, node: Host) -> None:
        if self.kind is Cut.PULLED:
            self.pair.segment.plug_cable(node)
        else:
            self.pair.segment.heal()
