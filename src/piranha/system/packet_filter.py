"""Classic BPF: which frames a packet socket hears, so that the others wake nobody (socket(7))."""

import contextlib
import ctypes
import socket
import struct

LOAD_WORD, LOAD_HALF, LOAD_BYTE = 0x20, 0x28, 0x30
JUMP_IF_EQUAL, RETURN = 0x15, 0x06
WHOLE_FRAME = 0xFFFF
_SO_ATTACH_FILTER = 26
_SO_DETACH_FILTER = 27
_INSTRUCTION = struct.Struct("=HBBI")


def instruction(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """One step; `if_so` and `if_not` say how many of the next ones a jump leaves out. RETURN gives
    the number of bytes of the frame that are kept: 0 drops it."""
    return _INSTRUCTION.pack(code, if_so, if_not, value)


def attach(hearing: socket.socket, program: list[bytes]) -> None:
    """The new program replaces the old one. Raises OSError."""
    code = ctypes.create_string_buffer(b"".join(program))
    description = struct.pack("@HP", len(program), ctypes.addressof(code))
    hearing.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, description)


def detach(hearing: socket.socket) -> None:
    """Every frame is heard again; nothing happens where no program was attached."""
    with contextlib.suppress(OSError):
        hearing.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
