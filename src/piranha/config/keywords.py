"""THE table of lvs.cf: every keyword with its place, kind, default, and what it is for.

The reader, lvs.cf(5), the example file and `piranhactl check` are all held against this table; a
keyword that is not here does not exist.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from piranha import defaults
from piranha.script.steps import READ_LIMIT

A_DAY = 86_400.0
"""No time in the file is longer, so that a slip of the unit is found."""
BLINK = 0.001
"""The shortest of those times that must not be zero."""


class Place(StrEnum):
    """Where in the file a keyword may stand."""

    GLOBAL = "global"
    FAILOVER = "failover"
    GROUP = "group"
    RECIPE = "recipe"
    SCRIPT = "script"
    VIRTUAL = "virtual"
    SERVER = "server"


class Kind(StrEnum):
    """What a value is; the text is what a complaint says was expected."""

    SWITCH = "0 or 1"
    NUMBER = "a whole number"
    DURATION = "a time in seconds, or with a unit: 2, 0.5, 250ms, 30s, 10m, 2h, 1d"
    CHOICE = "one of the named words"
    SERVICE = (
        "fos (without it the file was for balancing load over virtual servers, which this suite "
        "does not do)"
    )
    NAME = "a name"
    PATH = "a path that starts with /"
    ADDRESS = "an IP address or a host name"
    ADDRESSES = "IP addresses or host names"
    VIP = 'an IP address and a device, such as "10.0.0.10 eth0:1"'
    NETMASK = "a netmask, such as 255.255.255.0 or 24"
    PORT = "a port, 1 to 65535 or a service's name"
    STRING = 'a text, in quotes where blanks matter, or hex"0d 0a"'
    BARE = "nothing: the word stands alone"
    REGEX = "a regular expression"
    COMMAND = "a program and its arguments"
    RCODES = "response codes of DNS, such as NOERROR or REFUSED"
    DEVICE = "a network device, such as eth0"
    PROCESS = "a pid file (/run/nginx.pid), a unit (nginx.service) or a command's name (nginx)"
    WORDS = "words, such as ip=10.0.9.1"
    NODES = '"primary" and "backup", the preferred one first'
    ANYTHING = "anything"
    BLOCK = "a block"


class Status(StrEnum):
    """What the suite does with a keyword."""

    WORKS = "works"
    RESERVED = "reserved"
    """Read and checked; it has no effect yet, and a warning says so."""
    IGNORED = "ignored"
    """Of the load balancer, or outlived: accepted, named once."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """One row of the table."""

    place: Place
    name: str
    kind: Kind
    default: str | None
    """As it would be written in the file; None: there is none, `without` says what holds."""
    doc: str
    """What it is for, in a sentence or two."""
    without: str = ""
    choices: tuple[str, ...] = ()
    """The words of a CHOICE."""
    status: Status = Status.WORKS
    least: float = 0.0
    most: float = A_DAY
    """Limits, both allowed, of a NUMBER or a DURATION (in seconds)."""

    @property
    def unit(self) -> str:
        """ "s" for durations, else nothing."""
        return "s" if self.kind is Kind.DURATION else ""

    @property
    def expected(self) -> str:
        """What a complaint about a value asks for."""
        return " or ".join(self.choices) if self.choices else str(self.kind)


_COMMAND_TIMEOUT = f"{defaults.COMMAND_TIMEOUT_SECONDS:g}"
_FILE_REFUSED = "the file is refused"
_PROBE = "the probe is a connection, with send and expect where given"


def _at(place: Place, *rows: tuple[str, Kind, str | None, str, dict[str, Any]]) -> list[Keyword]:
    return [
        Keyword(place, name, kind, default, doc, **more) for name, kind, default, doc, more in rows
    ]


# The formatter would give each cell its own line; a table is read by rows.
# fmt: off
_GLOBAL = _at(Place.GLOBAL,
    ("service", Kind.SERVICE, None,
     "What the file configures: fos, failover services.", {"without": _FILE_REFUSED}),
    ("serial_no", Kind.NUMBER, "0",
     "The file's number, raised with every edit; it tells which of two files is newer.",
     {"most": 2**31 - 1}),
    ("cluster", Kind.NAME, "piranha",
     "The cluster's name; clusters that share a network or a node need different ones.", {}),
    ("primary", Kind.ADDRESS, None,
     "The real address of the primary node; heartbeats and probes go there.",
     {"without": _FILE_REFUSED}),
    ("backup", Kind.ADDRESS, None,
     "The real address of the backup node.", {"without": _FILE_REFUSED}),
    ("primary_private", Kind.ADDRESS, None,
     "The primary's address on a second path for heartbeats.", {"without": "there is one path"}),
    ("backup_private", Kind.ADDRESS, None,
     "The backup's address on the second path.", {"without": "there is one path"}),
    ("backup_active", Kind.SWITCH, "1",
     "1: the backup takes part. 0 is refused: hold a node with piranhactl(8) instead.", {}),
    ("heartbeat", Kind.SWITCH, "1",
     "1: heartbeats are sent. They always are; 0 is warned of.", {}),
    ("heartbeat_port", Kind.PORT, str(defaults.HEARTBEAT_PORT),
     "The UDP port of the heartbeats, the same on both nodes; each cluster needs its own.", {}),
    ("keepalive", Kind.DURATION, f"{defaults.KEEPALIVE_SECONDS:g}",
     "Time between two heartbeats.", {"least": BLINK}),
    ("deadtime", Kind.DURATION, f"{defaults.DEADTIME_SECONDS:g}",
     "Silence on every path after which the partner is dead.", {"least": BLINK}),
    ("startup_wait", Kind.DURATION, None,
     "How long a starting node listens before it may take anything.",
     {"without": "as long as deadtime"}),
    ("announce_interval", Kind.DURATION, f"{defaults.ANNOUNCE_INTERVAL_SECONDS:g}",
     "Time between two announcements of a virtual address that is held.", {"least": 0.1}),
    ("release_timeout", Kind.DURATION, None,
     "How long a claiming node waits for the other one to release; it starts anew with each "
     "service that stops.", {"without": "the stop_timeouts of the group and deadtime together"}),
    ("reentry", Kind.DURATION, "60",
     "First pause before a node that failed may try again; it doubles with each failure.",
     {"least": BLINK, "without": "where failover blocks have a reentry, the longest of them"}),
    ("unreleased", Kind.CHOICE, None,
     "What a claiming node does with a partner that does not release in time.",
     {"choices": ("take", "wait", "fence"), "without": "take; wait where fence_cmd is given"}),
    ("vip_answers", Kind.CHOICE, "wait",
     "What a node does when the hardware address of its silent partner still answers for a "
     "virtual address.", {"choices": ("wait", "take")}),
    ("vip_foreign", Kind.CHOICE, "wait",
     "The same when an unknown hardware address answers, after at most one more deadtime.",
     {"choices": ("wait", "take")}),
    ("failback", Kind.CHOICE, "never",
     "Whether the preferred node takes its group back when it is fit again.",
     {"choices": ("never", "always")}),
    ("monitor_links", Kind.SWITCH, "1",
     "1: a node whose device has no carrier cannot serve the addresses on it.", {}),
    ("witness", Kind.ADDRESSES, None,
     "Addresses, such as the gateway's, that a node must see before it takes anything.",
     {"without": "a node cannot tell that it is cut off itself"}),
    ("isolation", Kind.CHOICE, None,
     "What a node that is cut off does with the addresses it holds.",
     {"choices": ("drop", "keep"), "without": "drop where a witness is given, else keep"}),
    ("heartbeat_key", Kind.PATH, None,
     "The file with the key that seals the heartbeats, see piranhactl(8), genkey.",
     {"without": "heartbeats are not sealed"}),
    ("fence_cmd", Kind.COMMAND, None,
     "The command that makes sure that a silent partner is off.",
     {"without": "there is no fencing"}),
    ("fence_primary", Kind.WORDS, None,
     "What is added to fence_cmd to fence the primary.", {"without": "nothing is added"}),
    ("fence_backup", Kind.WORDS, None,
     "What is added to fence_cmd to fence the backup.", {"without": "nothing is added"}),
    ("fence_timeout", Kind.DURATION, f"{defaults.FENCE_TIMEOUT_SECONDS:g}",
     "After this time the fence command is killed and has failed.", {"least": BLINK}),
    ("fence_delay", Kind.DURATION, f"{defaults.FENCE_DELAY_SECONDS:g}",
     "How long the node that does not go first waits before it fences.", {}),
    ("fence_failed", Kind.CHOICE, "wait",
     "What a node does when fencing failed.", {"choices": ("wait", "take")}),
    ("watchdog", Kind.PATH, None,
     "The watchdog device that resets a node which may not hold its addresses.",
     {"without": "no watchdog is fed"}),
    ("arbiter", Kind.STRING, None,
     "Where the external lock service is that allows one active node at most.",
     {"status": Status.RESERVED, "without": "there is no arbiter"}),
    ("notify_cmd", Kind.COMMAND, None,
     "A command that is run at every change of role.", {"without": "nothing is run"}),
    ("rsh_command", Kind.STRING, "ssh",
     "The command that reaches the other node, for piranhactl(8), sync.", {}),
    ("failover", Kind.BLOCK, None,
     "A service: a virtual address, a port, a probe, a start and a stop command.", {}),
    ("group", Kind.BLOCK, None, "Services that fail over together.", {}),
    ("recipe", Kind.BLOCK, None, "A recipe of your own: how a kind of service is asked.", {}),
    ("virtual", Kind.BLOCK, None,
     "A virtual server of the load balancer.", {"status": Status.IGNORED}),
)
_FAILOVER = _at(Place.FAILOVER,
    ("active", Kind.SWITCH, "0",
     "1: the service is run. 0: the block is read and checked, no more.", {}),
    ("address", Kind.VIP, None,
     "The virtual address, and the device or alias on which it is taken.",
     {"without": _FILE_REFUSED}),
    ("vip_nmask", Kind.NETMASK, None,
     "Read and checked, no more: a virtual address is taken as a single one (/32, /128).",
     {"without": "nothing is missing"}),
    ("group", Kind.NAME, "default", "The group that the service belongs to.", {}),
    ("port", Kind.PORT, "80", "The port that is probed, on the node's real address.", {}),
    ("protocol", Kind.CHOICE, "tcp", "What the probe speaks.", {"choices": ("tcp", "udp")}),
    ("send", Kind.STRING, None,
     "What the probe sends.",
     {"without": "nothing is sent; but TCP port 80 without expect is asked for a page"}),
    ("expect", Kind.STRING, None,
     "How the answer must begin; * is any answer.", {"without": "a connection is enough"}),
    ("use_regex", Kind.SWITCH, "0", "1: expect is a regular expression.", {}),
    ("send_program", Kind.COMMAND, None,
     "A program that probes; %h stands for the real address.", {"without": _PROBE}),
    ("client_monitor", Kind.COMMAND, None,
     "The older name of a probing program, which is given -h ADDRESS -p PORT; a nanny means "
     "the probes of this suite.", {"without": _PROBE}),
    ("monitor", Kind.NAME, None,
     "How the service is asked: tcp, udp, tls, dns, dhcp, radius, program, process, none, or the "
     "name of a recipe.", {"without": _PROBE}),
    ("script", Kind.BLOCK, None, "A dialogue of several steps.", {"without": _PROBE}),
    ("match", Kind.REGEX, None,
     "A regular expression that must be found in one of the lines that follow the dialogue.",
     {"without": "what follows the dialogue does not matter"}),
    ("query", Kind.STRING, None,
     "What a name server is asked: a name and a record type; what a DHCP server is: discover or "
     "inform.", {"without": "a name server must have one; a DHCP server is asked discover"}),
    ("answer", Kind.STRING, None,
     'What must be among a name server\'s answers; "": even none will do.',
     {"without": "any answer will do, but none will not"}),
    ("rcode", Kind.RCODES, "NOERROR",
     "The response codes, one of which a name server must give.", {}),
    ("secret", Kind.PATH, None,
     "The file whose first line is the secret that a RADIUS server shares with both nodes.",
     {"without": "a RADIUS server cannot be asked"}),
    ("device", Kind.DEVICE, None,
     "The device through which a DHCP server is asked.", {"without": "the one of address"}),
    ("tls", Kind.SWITCH, "0",
     "1: the dialogue begins with a TLS handshake.", {}),
    ("tls_name", Kind.NAME, None,
     "The server's name: asked for in the handshake, and certified where that is verified.",
     {"without": "no name is asked for"}),
    ("tls_verify", Kind.CHOICE, "expiry",
     "What is asked of the certificate: 0 nothing, 1 that an authority vouches for it, expiry "
     "only that it does not end soon.",
     {"choices": ("0", "1", "expiry")}),
    ("tls_ca", Kind.PATH, None,
     "The file of the authorities that may vouch for the certificate.",
     {"without": "the system's count"}),
    ("tls_days", Kind.NUMBER, "14",
     "Days before the end of the certificate from which on it is warned of.",
     {"most": 3650}),
    ("source_port", Kind.PORT, None,
     "The port from which the service is asked; below 1024 for services that want that.",
     {"without": "any free one"}),
    ("connected", Kind.SWITCH, "1",
     "0: a UDP answer may come from another port than the one that was asked.", {}),
    ("timeout", Kind.DURATION, f"{defaults.PROBE_TIMEOUT_SECONDS:g}",
     "The limit of one probe, and without interval the time between two.", {"least": BLINK}),
    ("interval", Kind.DURATION, None,
     "Time between the beginnings of two probes.",
     {"least": BLINK, "without": "as long as timeout"}),
    ("fall", Kind.NUMBER, "1",
     "Failed probes in a row after which the service has failed.", {"least": 1, "most": 1000}),
    ("rise", Kind.NUMBER, "1",
     "Good probes in a row after which it is well again.", {"least": 1, "most": 1000}),
    ("first_wait", Kind.DURATION, "10",
     "How long a started service may take to answer for the first time.", {}),
    ("start_cmd", Kind.COMMAND, None,
     "The command that starts the service; it must return.", {"without": "nothing is run"}),
    ("stop_cmd", Kind.COMMAND, None,
     "The command that stops the service; it must succeed where nothing runs, too.",
     {"without": "nothing is run"}),
    ("start_timeout", Kind.DURATION, _COMMAND_TIMEOUT,
     "After this time the start command is killed and has failed.", {"least": BLINK}),
    ("stop_timeout", Kind.DURATION, _COMMAND_TIMEOUT,
     "After this time the stop command is killed.", {"least": BLINK}),
    ("stop_first", Kind.SWITCH, "1",
     "1: at takeover the stop command is run before the start command.", {}),
    ("standby", Kind.CHOICE, "warm",
     "warm: the service is started at takeover. hot: it runs on both nodes, and only the "
     "address moves.", {"choices": ("warm", "hot")}),
    ("on_failure", Kind.CHOICE, "failover",
     "What the failure of the service means for its group.",
     {"choices": ("failover", "restart", "ignore")}),
    ("local_restarts", Kind.NUMBER, "0",
     "How often the failed service is started again here before its group moves.",
     {"most": 100}),
    ("reentry", Kind.DURATION, None,
     "The historical place of the global keyword; the longest one in the file counts.",
     {"least": BLINK, "without": "the global one counts"}),
    ("watch_pid", Kind.PROCESS, None,
     "The service's process, by its pid file, systemd unit or command name; its end is noticed "
     "at once.", {"without": "the process is not watched"}),
)
_GROUP = _at(Place.GROUP,
    ("nodes", Kind.NODES, "primary backup",
     "The nodes that may serve the group, the preferred one first.", {}),
)
_ABOUT_RECIPES = _at(Place.RECIPE,
    ("proves", Kind.STRING, "", "What a healthy verdict proves.", {}),
    ("misses", Kind.STRING, "", "What it does not.", {}),
    ("leaves", Kind.STRING, "", "What a probe leaves in the server's log.", {}),
    ("judged_by", Kind.STRING, "", "The real servers against which it was proved.", {}),
)
_SCRIPT = _at(Place.SCRIPT,
    ("send", Kind.STRING, None, "Send this text.", {}),
    ("expect", Kind.STRING, None,
     "What is unread must begin with this text, which is then read; * is any byte.", {}),
    ("expect_line", Kind.STRING, None,
     "The next line must begin with this text; the line is then read.", {}),
    ("expect_regex", Kind.REGEX, None,
     "A regular expression must be found in the next line, which is then read.", {}),
    ("expect_bytes", Kind.NUMBER, None,
     "So many bytes must come; they are then read.", {"least": 1, "most": READ_LIMIT}),
    ("skip_until", Kind.STRING, None, "Read everything up to this text, and the text.", {}),
    ("wait", Kind.DURATION, None, "Let so much time pass.", {"least": BLINK}),
    ("starttls", Kind.BARE, None, "Make the TLS handshake now.", {}),
    ("close", Kind.BARE, None, "Say that nothing more will be sent.", {}),
)
# fmt: on
PROBING = (
    "port",
    "protocol",
    "send",
    "expect",
    "use_regex",
    "send_program",
    "monitor",
    "script",
    "match",
    "query",
    "answer",
    "rcode",
    "device",
    "secret",
    "tls",
    "tls_name",
    "tls_verify",
    "tls_ca",
    "tls_days",
    "source_port",
    "connected",
    "timeout",
    "interval",
    "fall",
    "rise",
    "first_wait",
)  # fmt: skip
"""The keywords of a failover block that say how it is asked: a recipe gives them other defaults."""
_RECIPE = [
    *(replace(row, place=Place.RECIPE) for row in _FAILOVER if row.name in PROBING),
    *_ABOUT_RECIPES,
]
_BALANCER_GLOBAL = (
    ("primary_shared", "A shared disk of the primary."),
    ("backup_shared", "A shared disk of the backup."),
    ("reservation_conflict_action", "What happened when the shared disk was reserved."),
    ("network", "How packets reached the real servers."),
    ("nat_router", "The address that the real servers used as their gateway."),
    ("nat_nmask", "The netmask of nat_router."),
    ("ipvsadm", "The program that set up the kernel's load balancer."),
    ("sync", "Whether files were copied to the backup."),
    ("syncdaemon", "Whether the kernel's connection table was copied to the backup."),
    ("syncd_iface", "The device for that copy."),
    ("syncd_id", "The number of that copy."),
    ("tcp_timeout", "When the load balancer forgot a TCP connection."),
    ("tcpfin_timeout", "When it forgot one that was closing."),
    ("udp_timeout", "When it forgot a UDP exchange."),
    ("hard_shutdown", "Whether connections were cut when the load balancer stopped."),
    ("active_cmd", "A command that was run when the load balancer became active; see notify_cmd."),
    ("inactive_cmd", "A command that was run when it stopped being active; see notify_cmd."),
    ("debug_level", "How much was logged; use the option -v of the programs."),
)
_BALANCER_SERVICE = (
    ("load_monitor", "The program that asked real servers for their load."),
    ("scheduler", "How connections were spread over the real servers."),
    ("persistent", "How long a client stayed with its real server."),
    ("pmask", "How many clients counted as one for that."),
    ("fwmark", "The firewall mark that chose the virtual server."),
    ("quiesce_server", "Whether a failed server kept its connections."),
    ("sorry_server", "The server used when all others had failed."),
    ("nmask", "A netmask of a real server."),
    ("master", "The machine from which files were copied."),
    ("dirs", "The directories that were copied."),
)
_BALANCER_SERVER = (
    ("address", "The address of a real server."),
    ("active", "Whether it took part."),
    ("weight", "Its share of the connections."),
    ("port", "Its port."),
    ("nmask", "Its netmask."),
    ("logfile", "Where its monitor logged."),
)


_IGNORED = {
    Place.GLOBAL: _BALANCER_GLOBAL,
    Place.FAILOVER: _BALANCER_SERVICE,
    Place.SERVER: _BALANCER_SERVER,
}


def _ignored() -> list[Keyword]:
    rows = [
        Keyword(place, name, Kind.ANYTHING, None, doc, status=Status.IGNORED)
        for place, words in _IGNORED.items()
        for name, doc in words
    ]
    server = "A real server of the load balancer."
    return rows + [
        Keyword(place, "server", Kind.BLOCK, None, server, status=Status.IGNORED)
        for place in (Place.FAILOVER, Place.VIRTUAL)
    ]


KEYWORDS: tuple[Keyword, ...] = (
    *_GLOBAL,
    *_FAILOVER,
    *_GROUP,
    *_RECIPE,
    *_SCRIPT,
    *_ignored(),
)
"""In the order in which a person would read about them."""

AT: dict[Place, dict[str, Keyword]] = {
    place: {keyword.name: keyword for keyword in KEYWORDS if keyword.place is place}
    for place in Place
}


def find(place: Place, name: str) -> Keyword | None:
    """The keyword of that name at that place."""
    return AT[place].get(name)


def places_of(name: str) -> tuple[Place, ...]:
    """Where a keyword may stand, for one that was written in a wrong place."""
    return tuple(place for place in Place if name in AT[place])
