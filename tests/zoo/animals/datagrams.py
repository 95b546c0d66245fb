"""Servers that speak in datagrams: names, time, boot files, keys, calls."""

from tests.zoo.animal import Animal
from tests.zoo.visits import SECRET

CHRONY = Animal(
    "chrony",
    ("chrony",),
    {"ntp": ""},
    r"""
cat >chrony.conf <<'END'
local stratum 8
allow
port 123
cmdport 0
driftfile /tmp/zoo/drift
pidfile /tmp/zoo/chrony.pid
bindcmdaddress /
user root
END
exec chronyd -x -d -f /tmp/zoo/chrony.conf
""",
)

TFTPD = Animal(
    "tftpd-hpa",
    ("tftpd-hpa",),
    {"tftp": ""},
    r"""
ip address add 10.99.0.1/32 dev lo  # it binds to no address of a host that has loopback alone
mkdir -p files
exec in.tftpd -L -v -s /tmp/zoo/files -u root -a 127.0.0.1:69
""",
)

SNMPD = Animal(
    "snmpd",
    ("snmpd",),
    {"snmp": "", "snmp-public": ""},
    r"""
mkdir -p state
cat >snmpd.conf <<'END'
agentaddress udp:127.0.0.1:161
rocommunity public 127.0.0.1
END
export SNMP_PERSISTENT_DIR=/tmp/zoo/state
exec snmpd -f -Lo -C -c /tmp/zoo/snmpd.conf -p /tmp/zoo/snmpd.pid
""",
)

RSYSLOG = Animal(
    "rsyslog",
    ("rsyslog",),
    {"syslog": ""},
    r"""
cat >rsyslog.conf <<'END'
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="514")
*.* /tmp/zoo/messages.log
END
exec rsyslogd -n -f /tmp/zoo/rsyslog.conf -i /tmp/zoo/rsyslog.pid
""",
)

KAMAILIO = Animal(
    "kamailio",
    ("kamailio",),
    {"sip": ""},
    r"""
cat >kamailio.cfg <<'END'
#!KAMAILIO
children=1
log_stderror=yes
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "siputils.so"
loadmodule "pv.so"
loadmodule "textops.so"
listen=udp:127.0.0.1:5060
request_route {
    if (is_method("OPTIONS")) { sl_send_reply("200", "Here"); exit; }
    sl_send_reply("404", "Not here");
}
END
exec kamailio -DD -E -f /tmp/zoo/kamailio.cfg -P /tmp/zoo/kamailio.pid -m 16 -M 4
""",
)

OPENVPN = Animal(
    "openvpn",
    ("openvpn",),
    {"openvpn": ""},
    r"""
mkdir -p dev/net; mknod dev/net/tun c 10 200
cat >openvpn.conf <<'END'
dev tun
proto udp
local 127.0.0.1
port 1194
server 10.8.0.0 255.255.255.0
tls-server
ca /tmp/zoo/cert.pem
cert /tmp/zoo/cert.pem
key /tmp/zoo/key.pem
dh none
verb 3
connect-freq-initial 9999 1
END
exec openvpn --config /tmp/zoo/openvpn.conf
""",
)

WIREGUARD = Animal(
    "wireguard-go",
    ("wireguard-go", "wireguard-tools"),
    {"wireguard": ""},
    r"""
mkdir -p dev/net /run/wireguard; mknod dev/net/tun c 10 200
export WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 LOG_LEVEL=verbose
wireguard-go --foreground wg0 &
until wg genkey | wg set wg0 listen-port 51820 private-key /dev/stdin; do sleep 0.1; done
ip link set wg0 up
""",
)

XINETD = Animal(
    "xinetd, datagrams",
    (),
    {"echo-udp": "", "discard-udp": "", "daytime-udp": "", "time-udp": "", "chargen-udp": ""},
    r"""
for name in echo discard daytime time chargen; do
    printf 'service %s\n{\ntype = INTERNAL\nid = %s-dgram\n' $name $name
    printf 'socket_type = dgram\nprotocol = udp\nwait = yes\nuser = root\ncps = 9999 1\n}\n'
done >xinetd.conf
exec deb/usr/sbin/xinetd -dontfork -f /tmp/zoo/xinetd.conf -filelog /tmp/zoo/xinetd.log
""",
    unpacked=("xinetd",),
)

RPCBIND = Animal(
    "rpcbind, datagrams",
    ("rpcbind",),
    {"portmap-udp": ""},
    "mkdir -p /run/rpcbind; exec rpcbind -f -w\n",
)

MIT = Animal(
    "krb5-kdc",
    ("krb5-kdc",),
    {"kerberos": "", "kerberos-tcp": ""},
    r"""
cat >krb5.conf <<'END'
[libdefaults]
    default_realm = ZOO.TEST
[realms]
    ZOO.TEST = { kdc = 127.0.0.1 }
END
cat >kdc.conf <<'END'
[kdcdefaults]
    kdc_ports = 88
    kdc_tcp_ports = 88
[realms]
    ZOO.TEST = {
        database_name = /tmp/zoo/principal
        key_stash_file = /tmp/zoo/stash
        acl_file = /tmp/zoo/acl
    }
[logging]
    kdc = FILE:/tmp/zoo/kdc.log
END
export KRB5_CONFIG=/tmp/zoo/krb5.conf KRB5_KDC_PROFILE=/tmp/zoo/kdc.conf
kdb5_util create -s -P zoo -r ZOO.TEST
exec krb5kdc -n
""",
)

STRONGSWAN = Animal(
    "strongswan",
    ("strongswan-charon",),
    {"ike": ""},
    r"""
cat >strongswan.conf <<'END'
charon {
    load = random nonce aes sha1 sha2 hmac openssl kernel-netlink socket-default
    filelog { stderr { default = 1 } }
}
END
export STRONGSWAN_CONF=/tmp/zoo/strongswan.conf
exec /usr/lib/ipsec/charon
""",
)

BIND = Animal(
    "bind9",
    ("bind9",),
    {
        "dns": 'query = "www.zoo.test A"; answer = 10.0.0.5',
    },
    r"""
cat >named.conf <<'END'
options { directory "/tmp/zoo"; listen-on { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
    pid-file "/tmp/zoo/named.pid"; session-keyfile "/tmp/zoo/session.key"; };
controls { };
zone "zoo.test" { type master; file "/tmp/zoo/zone"; };
END
cat >zone <<'END'
$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
ns A 127.0.0.1
www A 10.0.0.5
END
exec named -g -c /tmp/zoo/named.conf
""",
)

UNBOUND = Animal(
    "unbound",
    ("unbound",),
    {
        "dns": 'query = "www.zoo.test A"; answer = 10.0.0.5',
    },
    r"""
cat >unbound.conf <<'END'
server:
    interface: 127.0.0.1
    username: ""
    chroot: ""
    directory: "/tmp/zoo"
    pidfile: "/tmp/zoo/unbound.pid"
    use-syslog: no
    local-zone: "zoo.test." static
    local-data: "www.zoo.test. A 10.0.0.5"
END
exec unbound -d -c /tmp/zoo/unbound.conf
""",
)

DNSMASQ = Animal(
    "dnsmasq",
    ("dnsmasq-base",),
    {
        "dns": 'query = "www.zoo.test A"; answer = 10.0.0.5',
        "tftp": "",
    },
    r"""
mkdir -p files
exec dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --user=root \
    --listen-address=127.0.0.1 --bind-interfaces --pid-file= --log-facility=- \
    --host-record=www.zoo.test,10.0.0.5 --enable-tftp --tftp-root=/tmp/zoo/files
""",
    in_ci=True,
)

NSD = Animal(
    "nsd",
    ("nsd",),
    {
        "dns": 'query = "big.zoo.test TXT"; answer = "text number 60 of the zoo"',
    },
    r"""
cat >nsd.conf <<'END'
server:
    ip-address: 127.0.0.1
    username: ""
    chroot: ""
    zonesdir: "/tmp/zoo"
    database: ""
    pidfile: "/tmp/zoo/nsd.pid"
    xfrdfile: "/tmp/zoo/xfrd"
    xfrdir: "/tmp/zoo"
    zonelistfile: "/tmp/zoo/zonelist"
zone:
    name: zoo.test
    zonefile: zone
remote-control:
    control-enable: no
END
{
    echo '$TTL 60'; echo '@ SOA ns hostmaster 1 60 60 60 60'; echo '@ NS ns'; echo 'ns A 127.0.0.1'
    for number in $(seq 60); do echo "big TXT \"text number $number of the zoo\""; done
} >zone
exec nsd -d -c /tmp/zoo/nsd.conf
""",
)

KNOT = Animal(
    "knot",
    ("knot",),
    {
        "dns": 'query = "zoo.test MX"; answer = "10 mail.zoo.test"; protocol = tcp',
    },
    r"""
cat >knot.conf <<'END'
server:
    rundir: /tmp/zoo
    listen: 127.0.0.1@53
database:
    storage: /tmp/zoo/db
zone:
  - domain: zoo.test
    storage: /tmp/zoo
    file: zone
END
cat >zone <<'END'
$ORIGIN zoo.test.
$TTL 60
@ SOA ns hostmaster 1 60 60 60 60
@ NS ns
@ MX 10 mail
ns A 127.0.0.1
mail A 10.0.0.6
END
mkdir -p db
exec knotd -c /tmp/zoo/knot.conf
""",
)

ATFTPD = Animal(
    "atftpd",
    (),
    {"tftp": ""},
    r"""
mkdir -p files
exec deb/usr/sbin/atftpd --daemon --no-fork --user root --group root --bind-address 127.0.0.1 \
    --port 69 --logfile - /tmp/zoo/files
""",
    unpacked=("atftpd",),
)

FREERADIUS = Animal(
    "freeradius",
    ("freeradius",),
    {"radius": "secret = {folder}/secret"},
    r"""
mkdir -p raddb
cat >raddb/radiusd.conf <<'END'
prefix = /usr
exec_prefix = /usr
libdir = /usr/lib/freeradius
logdir = /tmp/zoo
run_dir = /tmp/zoo
security { max_attributes = 200; reject_delay = 1; status_server = yes }
client zoo { ipaddr = 127.0.0.1; secret = testing123 }
server default {
    listen { type = auth; ipaddr = 127.0.0.1; port = 1812 }
    authorize { }
}
END
sed -i 's/; /\n/g; s/{ \([a-z]\)/{\n\1/; s/ }$/\n}/' raddb/radiusd.conf
exec freeradius -f -l stdout -d /tmp/zoo/raddb
""".replace("testing123", SECRET),
)

ANIMALS = (
    FREERADIUS,
    UNBOUND,
    DNSMASQ,
    NSD,
    KNOT,
    ATFTPD,
    CHRONY,
    TFTPD,
    SNMPD,
    RSYSLOG,
    KAMAILIO,
    OPENVPN,
    WIREGUARD,
    XINETD,
    RPCBIND,
    MIT,
    STRONGSWAN,
    BIND,
)
