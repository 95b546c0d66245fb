"""What must hold, in numbers: the limits that the tests and the table of measurements share."""

from dataclasses import replace

from tests.lab.lvs_cf import hot_web

ROUNDS = 7
"""How often an outage is measured; its median counts."""

CUT_MARGIN_MS = 50.0
"""S1: over the deadtime, until the other node's answer is with the client."""
FAST_CUT_MS = 40.0
"""S1 with heartbeats every 10 ms and a deadtime of 30 ms."""
KILLED_MARGIN_MS = 100.0
"""S2: over the probe interval and the service's own stop and start."""
CHANGE_MARGIN_MS = 20.0
"""S3: over the service's own stop and start; alone where the service runs on both nodes."""
MANY_MARGIN_MS = 500.0
"""S11: over the deadtime, until 200 services on 20 VIPs have been started."""
MANY_STOPS_MS = 250.0
"""For 200 stop commands besides, which the start commands wait for one by one."""

NANNIES = 50
NANNY_MB = 2.0
"""Private memory of one nanny, with 50 of them."""
CROWD = 500
"""Nannies on one node, each asking every second."""
CROWD_PERCENT = 30.0
"""Of one core, for all of them and the fos that hears them."""
BUSIEST_TENTH = 0.2
"""Share of their probes in the busiest tenth of the interval; all at once would be 1."""
PROBE_MS = 0.5
"""Processor time of one probe over loopback."""
PROBES = 100_000
GROWTH_KB = 256.0
"""Of memory, over so many probes."""
PULSE_MB = 15.0
IDLE_PERCENT = 0.5
"""Of one core, for all daemons of a node with one service, at keepalive 1 s."""
IDLE_SERVICE = replace(hot_web(), interval="10", timeout="10")
"""With the historical period of a probe."""
