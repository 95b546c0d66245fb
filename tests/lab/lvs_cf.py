"""Composes the lvs.cf of a laboratory pair: one text, the same on both nodes."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.segment import NODE_A, NODE_B, PRIVATE_NETWORK, address_of

WEB = f"{sys.executable} -I -S {Path(__file__).with_name('web.py')}"
NOTHING = "/bin/true"
NGINX_FILE = "/run/nginx-lab.conf"
NGINX_START = f"/usr/sbin/nginx -c {NGINX_FILE}"
NGINX_STOP = "/sbin/start-stop-daemon --stop --oknodo --quiet --retry 5 --pidfile /run/nginx.pid"
NGINX_TEXT = """
pid /run/nginx.pid;
worker_processes 1;
error_log /var/log/nginx/error.log;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path /run/nginx-body;
    proxy_temp_path /run/nginx-proxy;
    fastcgi_temp_path /run/nginx-fastcgi;
    uwsgi_temp_path /run/nginx-uwsgi;
    scgi_temp_path /run/nginx-scgi;
    server {
        listen 80;
        listen [::]:80;
        default_type text/plain;
        location / { return 200 "$hostname\n"; }
    }
}
"""
VIP = "10.77.0.10"
MANY_VIPS = 20
MANY_PORTS = range(8000, 8010)


@dataclass(frozen=True, slots=True)
class ServiceBlock:
    """One `failover` block; `extra` holds further keywords, as they stand in the file."""

    name: str
    vip: str = VIP
    label: str = "eth0:1"
    port: int = 80
    start_cmd: str = NOTHING
    stop_cmd: str = NOTHING
    interval: str = "1"
    timeout: str = "1"
    extra: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        keywords = {
            "address": f"{self.vip} {self.label}",
            "active": "1",
            "port": str(self.port),
            "interval": self.interval,
            "timeout": self.timeout,
            "start_cmd": f'"{self.start_cmd}"',
            "stop_cmd": f'"{self.stop_cmd}"',
            **self.extra,
        }
        body = [f"    {keyword} = {value}" for keyword, value in keywords.items()]
        return [f"failover {self.name} {{", *body, "}"]


def hot_web(name: str = "web", vip: str = VIP, port: int = 80) -> ServiceBlock:
    """The small web service, running on both nodes already: commands that do nothing."""
    return ServiceBlock(name, vip=vip, port=port)


def warm_web(name: str = "web", vip: str = VIP, port: int = 80) -> ServiceBlock:
    """The small web service, started at takeover and stopped at release."""
    return ServiceBlock(
        name, vip=vip, port=port, start_cmd=f"{WEB} start {port}", stop_cmd=f"{WEB} stop {port}"
    )


def warm_nginx() -> ServiceBlock:
    """Debian's nginx with a file of its own, started at takeover and stopped at release."""
    return ServiceBlock("web", start_cmd=NGINX_START, stop_cmd=NGINX_STOP)


def many_services(is_stop_first: bool = False) -> list[ServiceBlock]:
    """200 services on 20 VIPs, with commands that do nothing; they run on both nodes already, so
    nothing needs to be stopped before it is started."""
    more = {} if is_stop_first else {"stop_first": "0"}
    return [
        ServiceBlock(
            f"s{vip}-{port}",
            f"10.77.0.{20 + vip}",
            f"eth0:{vip}",
            port,
            interval="10",
            extra=more,
        )
        for vip in range(MANY_VIPS)
        for port in MANY_PORTS
    ]


def compose(
    services: Sequence[ServiceBlock],
    keepalive: str = "0.5",
    deadtime: str = "3",
    has_private_network: bool = False,
    extra: Mapping[str, str] | None = None,
) -> str:
    """The whole file. Durations are written as they would be in it: "2", "250ms"."""
    keywords = {
        "serial_no": "1",
        "service": "fos",
        "primary": address_of(NODE_A),
        "backup": address_of(NODE_B),
        "backup_active": "1",
        "heartbeat": "1",
        "keepalive": keepalive,
        "deadtime": deadtime,
        "network": "direct",
        **(extra or {}),
    }
    if has_private_network:
        keywords["primary_private"] = address_of(NODE_A, PRIVATE_NETWORK)
        keywords["backup_private"] = address_of(NODE_B, PRIVATE_NETWORK)
    lines = [f"{keyword} = {value}" for keyword, value in keywords.items()]
    for service in services:
        lines += ["", *service.lines()]
    return "\n".join(lines) + "\n"
