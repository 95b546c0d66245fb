"""One node: its link to the partner and one machine for each group, stepped together."""
