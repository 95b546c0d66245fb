"""Somebody on the segment who floods the heartbeat's port, or records what passes.

    flooder.py record DEVICE PORT SECONDS
    flooder.py flood DEVICE SOURCE TARGET MAC PORT RATE SECONDS    (recorded ones on stdin)

What is recorded is printed in hexadecimal, a datagram a line. The flood is made of them: repeated,
cut short, prolonged, with flipped bits, from the partner's address and from addresses of nobody.
At the end it says how many it has sent, and in which time.
"""

import ctypes
import json
import random
import select
import socket
import struct
import sys
import time

UDP_AT = 14 + 20
PAYLOAD_AT = UDP_AT + 8
BATCH = 50
_LIBC = ctypes.CDLL(None)


def record(device: str, port: int, seconds: float) -> None:
    """Every UDP datagram to that port."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as hearing:
        hearing.bind((device, 0))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([hearing], [], [], left)[0]:
                frame = hearing.recv(4096)
                is_udp = frame[12:14] == b"\x08\x00" and frame[23] == 17
                if is_udp and struct.unpack_from("!H", frame, UDP_AT + 2)[0] == port:
                    length = struct.unpack_from("!H", frame, UDP_AT + 4)[0]
                    print(frame[PAYLOAD_AT : UDP_AT + length].hex())


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def frame(mac: str, source: str, target: str, port: int, payload: bytes) -> bytes:
    """Ethernet, IPv4 and UDP around it; UDP needs no checksum over IPv4."""
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    size = 28 + len(payload)
    head = struct.pack("!BBHHHBBH", 0x45, 0, size, 0, 0, 64, 17, 0) + ends
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    ethernet = bytes.fromhex(mac.replace(":", "")) + b"\x02\x00\x00\x00\x00\x66\x08\x00"
    return ethernet + head + struct.pack("!HHHH", port, port, size - 20, 0) + payload


def spoiled(data: bytes, kind: int) -> bytes:
    """One way in which a datagram of an attacker differs from the recorded one."""
    if kind == 0:
        return data
    if kind == 1:
        return data[: random.randrange(len(data))]
    if kind == 2:
        return data + bytes(1400 - len(data))
    changed = bytearray(data)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def forged(data: bytes) -> bytes:
    """The run that lives, and a number that is still to come; only the seal is wrong."""
    return data[:21] + struct.pack("!Q", 1 << 31) + data[29:]


class IoVec(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_char_p), ("length", ctypes.c_size_t))


class Message(ctypes.Structure):
    """struct msghdr, of which nothing but one iovec is used."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vector", ctypes.POINTER(IoVec)),
        ("vectors", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class MessageSent(ctypes.Structure):
    """struct mmsghdr."""

    _fields_ = (("message", Message), ("sent", ctypes.c_uint))


class Batch:
    """Frames that one system call sends: sendmmsg(2), which Python has not."""

    def __init__(self, frames: list[bytes]) -> None:
        self._vectors = (IoVec * len(frames))(*((data, len(data)) for data in frames))
        self._heads = (MessageSent * len(frames))()
        for head, vector in zip(self._heads, self._vectors, strict=True):
            head.message.vector, head.message.vectors = ctypes.pointer(vector), 1

    def send(self, sending: socket.socket) -> int:
        """How many were taken."""
        return max(0, _LIBC.sendmmsg(sending.fileno(), self._heads, len(self._heads), 0))


def flood(words: list[str]) -> None:
    device, source, target, mac, port, rate, seconds = words
    recorded = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    frames = []
    for number in range(400):
        data = random.choice(recorded)
        whole = forged(data) if number % 40 == 0 else spoiled(data, number % 4)
        address = f"10.77.0.{random.randrange(200, 250)}" if number % 5 == 0 else source
        frames.append(frame(mac, address, target, int(port), whole))
    sent, began = 0, time.monotonic()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sending:
        sending.bind((device, 0))
        batches = [Batch(random.sample(frames, BATCH)) for _ in range(20)]
        while time.monotonic() - began < float(seconds):
            done = random.choice(batches).send(sending)
            sent += done
            if done < BATCH:  # its own queue is full
                time.sleep(0.0005)
            ahead = sent / float(rate) - (time.monotonic() - began)
            if ahead > 0.001:
                time.sleep(ahead)
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - began}), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "record":
        record(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        flood(sys.argv[2:])
