"""A socket is bound for whoever asks from it; a port that is taken is a clear refusal."""

import os
import socket

import pytest

from piranha.system.source_socket import open_source_socket


@pytest.mark.parametrize("is_stream", [True, False])
@pytest.mark.parametrize("is_ipv6", [True, False])
def test_it_has_its_port_and_can_be_shared(is_stream: bool, is_ipv6: bool) -> None:
    first = open_source_socket(is_stream, is_ipv6, 1021)
    second = open_source_socket(is_stream, is_ipv6, 1021)
    for descriptor in (first, second):
        with socket.socket(fileno=descriptor) as opened:
            assert opened.getsockname()[1] == 1021
            assert not os.get_blocking(descriptor)


def test_a_port_on_which_a_server_listens_is_refused() -> None:
    with socket.create_server(("", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot ask from port {port}: "):
            open_source_socket(True, False, port)
