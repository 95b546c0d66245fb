"""Pure: the language of lvs.cf, from bytes to values and back."""
