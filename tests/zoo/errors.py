"""What servers of each protocol say when they are sick or will not serve: each must be called so.

For each recipe some talks (tests/zoo/sick.py), by what is wrong. A recipe over TLS has them after
the handshake.
"""

from tests.zoo.sick import CLOSE, HEAR, LINE, Part

Talk = tuple[Part, ...]

HTTP_503 = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
HTTP_500 = b"HTTP/1.0 500 Internal Server Error\r\n\r\n"
HTTP_2000 = b"HTTP/1.1 2000 OK\r\n\r\n"

WEB: dict[str, Talk] = {
    "503": (HEAR, HTTP_503, CLOSE),
    "500": (HEAR, HTTP_500, CLOSE),
    "2000": (HEAR, HTTP_2000, CLOSE),
    "404": (HEAR, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", CLOSE),
    "half a status line": (HEAR, b"HTTP/1.1 2", CLOSE),
}
MAIL: dict[str, Talk] = {
    "421": (b"421 too many connections\r\n", CLOSE),
    "421 in several lines": (b"421-too many\r\n421 connections\r\n", CLOSE),
    "554": (b"554 no service here\r\n",),
    "the command is refused": (b"220 mail\r\n", LINE, b"421 shutting down\r\n", CLOSE),
    "an answer without an end": (b"220 mail\r\n", LINE, b"250-mail\r\n250-SIZE\r\n"),
    "a greeting without an end": (b"220-wait\r\n",),
}
STARTTLS: dict[str, Talk] = {
    "no TLS": (b"220 mail\r\n", LINE, b"250 mail\r\n", LINE, b"454 no TLS now\r\n"),
    "silent in the handshake": (b"220 mail\r\n", LINE, b"250 mail\r\n", LINE, b"220 go\r\n"),
    "no handshake": (b"220 mail\r\n", LINE, b"250 mail\r\n", LINE, b"220 go\r\n", b"220 mail\r\n"),
}
FTP: dict[str, Talk] = {
    "421": (b"421 too many users\r\n", CLOSE),
    "421 at the command": (b"220 ftp\r\n", LINE, b"421 shutting down\r\n", CLOSE),
    "nothing after the greeting": (b"220 ftp\r\n",),
}
POP: dict[str, Talk] = {
    "-ERR": (b"-ERR too many connections\r\n", CLOSE),
    "-ERR at the end": (b"+OK\r\n", LINE, b"-ERR broken\r\n"),
}
IMAP: dict[str, Talk] = {
    "BYE": (b"* BYE too many connections\r\n", CLOSE),
    "NO": (b"* OK imap\r\n", LINE, b"a NO broken\r\n"),
    "BAD": (b"* OK imap\r\n", LINE, b"a BAD broken\r\n"),
}
LDAP: dict[str, Talk] = {
    "unavailable": (14, bytes.fromhex("300c02010161070a013404000400")),
    "busy": (14, bytes.fromhex("300c02010161070a013304000400")),
    "disconnected": (14, bytes.fromhex("3003020100"), CLOSE),
}
RPC: dict[str, Talk] = {
    "no such program": (44, bytes.fromhex("800000185049524100000001" + "0" * 24 + "00000001")),
    "no such version": (
        44,
        bytes.fromhex("800000205049524100000001" + "0" * 24 + "00000002" + "00000003" * 2),
    ),
    "denied": (44, bytes.fromhex("800000145049524100000001000000010000000100000005")),
    "another call": (44, bytes.fromhex("800000185049524200000001" + "0" * 32)),
}
MYSQL_GREETING = (
    b"\x5a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00\x01\x00\x00\x00abcdefgh\x00\xfe\xf7\x2d\x02\x00"
    b"\xff\x81\x15" + bytes(10) + b"abcdefghijkl\x00mysql_native_password\x00"
)


def mysql_error(number: int, text: bytes, sequence: int) -> bytes:
    """An ERR packet, with its state after login and without before."""
    state = b"#08004" if sequence else b""
    packet = b"\xff" + number.to_bytes(2, "little") + state + text
    return len(packet).to_bytes(3, "little") + bytes([sequence]) + packet


def kerberos_error(code: int) -> bytes:
    """KRB-ERROR as MIT's server sends it, behind its length, with another code."""
    error = bytes.fromhex(
        "7e3f303da003020105a10302011ea411180f32303236313132353233303630355aa5050203050000a6030201"
    )
    rest = bytes.fromhex("a70f1b0d504952414e48412e50524f4245")
    packet = error + bytes([code]) + rest
    return len(packet).to_bytes(4, "big") + packet


ERRORS: dict[str, dict[str, Talk]] = {
    "http": WEB,
    "https": WEB,
    "etcd": WEB
    | {
        "no leader": (HEAR, b'HTTP/1.1 503 No\r\n\r\n{"health":"false"}', CLOSE),
        "unhealthy": (HEAR, b'HTTP/1.1 200 OK\r\n\r\n{"health":"false"}', CLOSE),
    },
    "elasticsearch": WEB
    | {"red": (HEAR, b'HTTP/1.1 200 OK\r\n\r\n{"cluster_name":"x","status":"red"}', CLOSE)},
    "docker-registry": WEB | {"some page": (HEAR, b"HTTP/1.1 200 OK\r\n\r\nhello", CLOSE)},
    "haproxy-stats": WEB | {"some page": (HEAR, b"HTTP/1.1 200 OK\r\n\r\nhello", CLOSE)},
    "http-proxy": {k: v for k, v in WEB.items() if k != "404"}
    | {"no tunnels here": (HEAR, b"HTTP/1.1 405 Method Not Allowed\r\n\r\n", CLOSE)},
    "ipp": WEB
    | {
        "busy": (
            HEAR,
            b"HTTP/1.0 200 OK\r\nContent-Type: application/ipp\r\n\r\n\x01\x01\x05\x07PIRA\x03",
            CLOSE,
        )
    },
    "smtp": MAIL,
    "smtps": MAIL,
    "lmtp": MAIL,
    "smtp-starttls": MAIL | STARTTLS,
    "submission": MAIL | STARTTLS,
    "ftp": FTP,
    "ftps": FTP,
    "pop3": POP,
    "pop3s": POP,
    "imap": IMAP,
    "imaps": IMAP,
    "nntp": {
        "400": (b"400 overloaded\r\n", CLOSE),
        "502": (b"502 no permission\r\n", CLOSE),
        "error": (b"200 news\r\n", LINE, b"403 broken\r\n"),
    },
    "ssh": {
        "too many": (b"Exceeded MaxStartups\r\n", CLOSE),
        "no exchange": (b"SSH-2.0-x\r\n",),
        "disconnect": (b"SSH-2.0-x\r\n", bytes.fromhex("0000000c0a01000000020000"), CLOSE),
    },
    "telnet": {
        "no prompt": (b"\xff\xfd\x18\xff\xfd\x20", HEAR, b"\xff\xfb\x01"),
        "refusal": (b"\xff\xfd\x18", HEAR, b"all network ports in use\r\n", CLOSE),
    },
    "ldap": LDAP,
    "ldaps": LDAP,
    "redis": {
        "-ERR": (LINE, b"-ERR max number of clients reached\r\n", CLOSE),
        "loading": (LINE, b"-LOADING Redis is loading the dataset in memory\r\n"),
        "master down": (LINE, b"-MASTERDOWN Link with MASTER is down\r\n"),
        "half a word": (LINE, b"+PO"),
    },
    "memcached": {
        "ERROR": (LINE, b"ERROR Too many open connections\r\n", CLOSE),
        "SERVER_ERROR": (LINE, b"SERVER_ERROR out of memory\r\n"),
    },
    "mongodb": {
        "not ok": (
            52,
            bytes.fromhex("26000000 01000000 41524950 dd070000 00000000 00 11000000")
            + b"\x01ok\x00"
            + bytes(8)
            + b"\x00",
        ),
        "another answer": (
            52,
            bytes.fromhex("26000000 01000000 41524951 dd070000 00000000 00 11000000")
            + bytes.fromhex("016f6b00000000000000f03f00"),
        ),
    },
    "amqp": {
        "another version": (8, b"AMQP\x00\x00\x09\x01", CLOSE),
        "close": (8, bytes.fromhex("01 0000 00000004 000a 0032 ce"), CLOSE),
    },
    "mqtt": {
        "unavailable": (21, b"\x20\x02\x00\x03", CLOSE),
        "bad version": (21, b"\x20\x02\x00\x01", CLOSE),
    },
    "kafka": {
        "error 35": (21, bytes.fromhex("0000000a 50495241 0023 00000000")),
        "another answer": (21, bytes.fromhex("0000000a 50495242 0000 00000000")),
    },
    "zookeeper": {
        "no quorum": (4, b"This ZooKeeper instance is not currently serving requests\n", CLOSE),
        "not allowed": (4, b"srvr is not executed because it is not in the whitelist.\n", CLOSE),
    },
    "nfs": RPC,
    "nfs3": RPC,
    "portmap": RPC,
    "smb": {
        "insufficient resources": (
            108,
            bytes.fromhex("00000049 fe534d42 4000 0100 9a0000c0 0000 0100 01000000")
            + bytes(44)
            + bytes.fromhex("0900000000000000"),
        ),
        "SMB 1": (108, bytes.fromhex("00000023 ff534d42 72 00000000 88 01c8") + bytes(24)),
    },
    "rsync": {
        "error": (b"@ERROR: access denied\n", CLOSE),
        "too many": (b"@RSYNCD: 31.0\n", LINE, b"@ERROR: max connections (4) reached\n", CLOSE),
    },
    "kerberos-tcp": {
        "service unavailable": (HEAR, kerberos_error(29)),
        "generic error": (HEAR, kerberos_error(60)),
        "half an error": (HEAR, kerberos_error(6)[:30], CLOSE),
    },
    "git": {"other error": (HEAR, b"0012ERR internal x", CLOSE), "no": (HEAR, b"0000", CLOSE)},
    "svn": {"failure": (b"( failure ( ( 210003 3:bad 0: 0 ) ) ) ", CLOSE)},
    "lpd": {"refused": (LINE, b"\x01", CLOSE)},
    "irc": {"throttled": (b"ERROR :Trying to reconnect too fast.\r\n", CLOSE)},
    "xmpp": {
        "error": (HEAR, b"<stream:error><system-shutdown/></stream:error>", CLOSE),
    },
    "sip-tcp": {
        "503": (HEAR, b"SIP/2.0 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
        "500": (HEAR, b"SIP/2.0 500 Server Internal Error\r\nContent-Length: 0\r\n\r\n"),
    },
    "rtsp": {"503": (HEAR, b"RTSP/1.0 503 Service Unavailable\r\nCSeq: 1\r\n\r\n")},
    "socks5": {
        "no way to log in": (5, b"\x05\xff", CLOSE),
        "version 4": (5, b"\x00\x5b" + bytes(6), CLOSE),
    },
    "vnc": {
        "too many failures": (
            b"RFB 003.008\n",
            12,
            b"\x00\x00\x00\x00\x1aToo many security failures",
            CLOSE,
        ),
    },
    "rdp": {
        "refusal": (19, bytes.fromhex("0300000b 06 80 0000 0000 00"), CLOSE),
    },
    "x11": {
        "too many clients": (
            12,
            b"\x00\x21\x0b\x00\x00\x00\x09\x00Maximum number of clients reached\x00\x00\x00",
            CLOSE,
        ),
    },
    "finger": {"nothing": (LINE, CLOSE)},
    "whois": {"nothing": (LINE, CLOSE)},
    "ident": {"another pair": (LINE, b"2 , 2 : ERROR : NO-USER\r\n", CLOSE)},
    "daytime": {"no time": (b"out of order\r\n", CLOSE)},
    "time": {"two bytes": (b"\xee\x01", CLOSE), "1970": (b"\x83\xaa\x7e\x80", CLOSE)},
    "echo": {"another text": (LINE, b"pirates zoo\r\n")},
    "chargen": {"short line": (b"abc\r\n", CLOSE)},
    "iscsi": {
        "service unavailable": (
            48,
            bytes.fromhex("23 87 00 00 00 000000") + bytes(28) + b"\x03\x01",
        ),
        "reject": (48, b"\x3f\x80\x04" + bytes(45)),
    },
    "bgp": {
        "cease": (b"\xff" * 16 + bytes.fromhex("0015 03 06 05"), CLOSE),
        "version 3": (b"\xff" * 16 + bytes.fromhex("001d 01 03 fde9 00b4 0a000001 00")),
    },
    "minecraft": {"kicked": (18, b'\x0c\x00\x0a{"text":1}', CLOSE)},
    "mysql": {
        "too many connections": (
            MYSQL_GREETING,
            HEAR,
            mysql_error(1040, b"Too many connections", 2),
            CLOSE,
        ),
        "too many at once": (mysql_error(1040, b"Too many connections", 0), CLOSE),
        "host is blocked": (
            mysql_error(1129, b"Host '127.0.0.1' is blocked because of many connection errors", 0),
            CLOSE,
        ),
        "host is not allowed": (mysql_error(1130, b"Host is not allowed to connect", 0), CLOSE),
        "shutdown": (MYSQL_GREETING, HEAR, mysql_error(1053, b"Server shutdown", 2), CLOSE),
        "no login": (MYSQL_GREETING,),
    },
    "postgresql": {
        "FATAL": (HEAR, b"E\x00\x00\x00\x20SFATAL\x00C57P03\x00Mstarting up\x00\x00", CLOSE),
        "too many": (HEAR, b"E\x00\x00\x00\x1cSFATAL\x00C53300\x00Mtoo many\x00\x00", CLOSE),
    },
    "postgresql-login": {
        "FATAL": (HEAR, b"E\x00\x00\x00\x20SFATAL\x00C57P03\x00Mstarting up\x00\x00", CLOSE),
        "password wanted": (HEAR, b"R\x00\x00\x00\x08\x00\x00\x00\x03"),
        "FATAL after R": (
            HEAR,
            b"R\x00\x00\x00\x08\x00\x00\x00\x00"
            b"E\x00\x00\x00\x1bSFATAL\x00C3D000\x00Mno such\x00\x00",
            CLOSE,
        ),
    },
    "discard": {},
}
