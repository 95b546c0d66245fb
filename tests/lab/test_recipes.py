"""A service that lives, accepts and says in its own protocol that it does not serve is moved."""

import time
from collections.abc import Callable

import pytest

from tests.lab.instruments import now
from tests.lab.lvs_cf import VIP
from tests.lab.pair import Pair, wait_until
from tests.lab.segment import address_of
from tests.lab.shop import Ware, furnish, is_served
from tests.zoo.animal import HOME
from tests.zoo.animals.mail import POSTFIX
from tests.zoo.animals.web import NGINX, STUNNEL

pytestmark = pytest.mark.lab

LIMIT_SECONDS = 25.0
QUIET_SECONDS = 2.0

WEB_SHOP = Ware(
    NGINX,
    8443,
    {"monitor": "https"},
    sicken=f"""
sed -i 's,root .*;,return 503;,' {HOME}/nginx.conf
nginx -c {HOME}/nginx.conf -s reload
""",
    symptom="503 Service Temporarily Unavailable",
    ask="""
import ssl, sys, urllib.request
context = ssl._create_unverified_context()
page = urllib.request.urlopen(f"https://{sys.argv[1]}:{sys.argv[2]}/", context=context, timeout=2)
assert page.read() == b"hello\\n"
""",
)
POST_OFFICE = Ware(
    POSTFIX,
    25,
    {"monitor": "smtp"},
    sicken="""
cat >>/etc/postfix/main.cf <<'END'
smtpd_delay_reject = no
smtpd_client_restrictions = check_client_access static:{421 4.3.2 closed for stocktaking}
END
postfix reload
""",
    symptom="421 4.3.2",
    ask="""
import smtplib, sys
server = smtplib.SMTP(sys.argv[1], int(sys.argv[2]), "client", timeout=2)
assert server.ehlo()[0] == 250
""",
)
STORE = Ware(
    STUNNEL,
    6380,
    {"monitor": "redis", "tls": "1"},
    sicken="redis-cli -p 6379 config set requirepass secret",
    symptom="NOAUTH",
    ask="""
import socket, ssl, sys
plain = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
stream = ssl._create_unverified_context().wrap_socket(plain)
stream.sendall(b"PING\\r\\n")
assert stream.recv(7) == b"+PONG\\r\\n"
""",
)
WARES = {"https": WEB_SHOP, "smtp": POST_OFFICE, "redis over TLS": STORE}


@pytest.mark.parametrize("name", WARES)
def test_a_server_that_says_that_it_is_sick_is_replaced(
    name: str, making: Callable[..., Pair]
) -> None:
    ware = WARES[name]
    if missing := ware.missing_packages():
        pytest.skip(f"not installed: {' '.join(missing)} (make test installs them)")
    pair = making([ware.block], extra={"startup_wait": "0.3"})
    furnish(pair, ware)
    pair.start_pulse()
    active = pair.wait_until_settled(LIMIT_SECONDS)
    standby, client = pair.segment.other(active), pair.segment.client
    wait_until(lambda: is_served(client, ware, VIP), LIMIT_SECONDS, "the client is served")
    moves = {node.name: len(pair.moves(node)) for node in pair.segment.nodes}
    time.sleep(QUIET_SECONDS)
    assert {node.name: len(pair.moves(node)) for node in pair.segment.nodes} == moves
    sick = now()
    active.run(["sh", "-euc", ware.sicken])
    pair.wait_until_active(standby)
    wait_until(lambda: is_served(client, ware, VIP), LIMIT_SECONDS, "the client is served again")
    print(f"{name}: served again after {now() - sick:.2f} s")
    reason = pair.moves(standby)[moves[standby.name]].reason
    assert f"service shop failed on {address_of(active.name)}: service dead" in reason
    assert ware.symptom in reason, "it was asked in its protocol, and answered"
    assert pair.active() is standby
