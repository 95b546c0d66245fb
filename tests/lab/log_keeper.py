"""Keeps what the daemons of a node say: each line with the instant at which it came.

    PROGRAM 2>&1 | log_keeper.py FILE

Lines are "INSTANT TEXT", INSTANT in seconds of CLOCK_BOOTTIME, so that they can be laid beside what
the client saw. The keeper lives as long as any process that has its pipe.
"""

import sys
import time


def main() -> None:
    with open(sys.argv[1], "a", buffering=1) as kept:
        for line in sys.stdin:
            kept.write(f"{time.clock_gettime(time.CLOCK_BOOTTIME):.4f} {line.rstrip()}\n")


if __name__ == "__main__":
    main()
