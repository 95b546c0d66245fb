"""The programs a person can type; the only floor where decisions meets the system."""
