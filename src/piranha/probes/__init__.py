"""The questions a nanny can ask, and the ways they can end."""
