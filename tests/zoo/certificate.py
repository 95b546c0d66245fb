"""A certificate for servers of a test."""

import subprocess
from pathlib import Path


def make_certificate(folder: Path, days: int = 30) -> str:
    """A self-signed certificate and its key, in one file; its path."""
    key, certificate, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    argv += ["-nodes", "-days", str(days), "-subj", "/CN=zoo.test"]
    argv += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(argv, check=True, capture_output=True)
    both.write_text(certificate.read_text() + key.read_text())
    return str(both)
