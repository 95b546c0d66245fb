"""A socket that is bound to one port, for services that want to be asked from below 1024.

Only root can open it, and whoever has it can ask from that port again and again.
"""

import socket

from piranha.system.refused import refused


def open_source_socket(is_stream: bool, is_ipv6: bool, port: int) -> int:
    """A descriptor, bound and not connected. Raises OSError."""
    family = socket.AF_INET6 if is_ipv6 else socket.AF_INET
    kind = socket.SOCK_STREAM if is_stream else socket.SOCK_DGRAM
    with socket.socket(family, kind | socket.SOCK_NONBLOCK) as channel:
        try:
            # Several services may be asked from one port, each at an address and port of its own.
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            channel.bind(("", port))
        except OSError as error:
            raise refused(f"cannot ask from port {port}", error) from error
        return channel.detach()
