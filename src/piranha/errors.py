"""Exceptions that mean "cannot go on"; each is caught once, in a program's ``main()``."""


class PiranhaError(Exception):
    """The base of our own exceptions; its text is a whole message for a person."""


class UsageError(PiranhaError):
    """Wrong use or configuration: a restart will not help (exit status 100)."""


class SystemRefusedError(PiranhaError):
    """The operating system refused: trying again may help (exit status 111)."""


class WireError(PiranhaError):
    """What came over a wire is not what the protocol allows."""
