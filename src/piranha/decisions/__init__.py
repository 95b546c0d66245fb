"""Pure: who serves, does the group stand, is the service alive."""
