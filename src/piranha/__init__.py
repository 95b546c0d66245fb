"""Piranha Failover Services: failover for a pair of Linux machines."""

__version__ = "0.1.0"
