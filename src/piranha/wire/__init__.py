"""Pure: everything that crosses a socket or a pipe, encode beside decode."""
