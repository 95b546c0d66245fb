"""Servers that people talk through or sit at: shells, chat, telephones, screens; and inetd."""

from tests.zoo.animal import Animal

SSHD = Animal(
    "openssh",
    ("openssh-server",),
    {"ssh": ""},
    r"""
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
exec /usr/sbin/sshd -D -h /tmp/zoo/host -o UsePAM=no -p 22
""",
    in_ci=True,
)

DROPBEAR = Animal(
    "dropbear",
    ("dropbear-bin",),
    {"ssh": ""},
    "dropbearkey -t ed25519 -f key >/dev/null; exec dropbear -F -E -r key -p 22\n",
)

TELNETD = Animal(
    "inetutils-telnetd",
    ("inetutils-telnetd", "openbsd-inetd"),
    {"telnet": ""},
    r"""
echo "telnet stream tcp nowait root /usr/sbin/telnetd telnetd" >inetd.conf
exec inetd -i /tmp/zoo/inetd.conf
""",
)

INETD = Animal(
    "openbsd-inetd",
    ("openbsd-inetd",),
    {"echo": "", "discard": "", "daytime": "", "time": "", "chargen": ""},
    r"""
for name in echo discard daytime time chargen; do
    echo "$name stream tcp nowait root internal"
done >inetd.conf
exec inetd -i -R 0 /tmp/zoo/inetd.conf
""",
    in_ci=True,
)

XINETD = Animal(
    "xinetd",
    (),
    {"echo": "", "discard": "", "daytime": "", "time": "", "chargen": ""},
    r"""
for name in echo discard daytime time chargen; do
    printf 'service %s\n{\n type = INTERNAL\n id = %s\n socket_type = stream\n' $name $name
    printf ' wait = no\n user = root\n cps = 1000 1\n}\n'
done >xinetd.conf
exec deb/usr/sbin/xinetd -dontfork -f /tmp/zoo/xinetd.conf -filelog /tmp/zoo/xinetd.log
""",
    unpacked=("xinetd",),
)

NGIRCD = Animal(
    "ngircd",
    ("ngircd",),
    {"irc": ""},
    r"""
cat >ngircd.conf <<'END'
[Global]
    Name = irc.zoo.test
    Info = zoo
    AdminInfo1 = zoo
    AdminEMail = zoo@zoo.test
    ServerUID = irc
    ServerGID = irc
    PidFile = /tmp/zoo/ngircd.pid
[Options]
    DNS = no
    Ident = no
    PAM = no
END
exec ngircd -n -f /tmp/zoo/ngircd.conf
""",
)

INSPIRCD = Animal(
    "inspircd",
    ("inspircd",),
    {"irc": ""},
    r"""
cat >inspircd.conf <<'END'
<server name="irc.zoo.test" description="zoo" network="zoo">
<admin name="zoo" nick="zoo" email="zoo@zoo.test">
<bind address="" port="6667" type="clients">
<module name="cap">
<connect allow="*" timeout="30" resolvehostnames="no" localmax="1000" globalmax="1000">
<path configdir="/tmp/zoo" datadir="/tmp/zoo/data" logdir="/tmp/zoo"
 moduledir="/usr/lib/inspircd/modules">
<pid file="/tmp/zoo/pid">
<log method="file" type="*" level="default" target="/tmp/zoo/inspircd.log">
END
mkdir data; chown -R irc .
exec setpriv --reuid irc --regid irc --clear-groups \
    inspircd --nofork --config=/tmp/zoo/inspircd.conf
""",
)

PROSODY = Animal(
    "prosody",
    ("prosody",),
    {"xmpp": ""},
    r"""
mkdir data; chown prosody data; touch prosody.log; chown prosody prosody.log
cat >prosody.cfg.lua <<'END'
daemonize = false
pidfile = "/tmp/zoo/data/pid"
data_path = "/tmp/zoo/data"
modules_disabled = { "tls" }
log = { info = "/tmp/zoo/prosody.log" }
VirtualHost "zoo.test"
END
exec setpriv --reuid prosody --regid prosody --clear-groups \
    prosody --config /tmp/zoo/prosody.cfg.lua -F
""",
)

KAMAILIO = Animal(
    "kamailio",
    ("kamailio",),
    {"sip-tcp": ""},
    r"""
cat >kamailio.cfg <<'END'
#!KAMAILIO
log_stderror=yes
children=1
tcp_children=1
listen=tcp:127.0.0.1:5060
listen=udp:127.0.0.1:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/"
loadmodule "sl.so"
loadmodule "textops.so"
request_route {
    if (is_method("OPTIONS")) { sl_send_reply("200", "OK"); exit; }
    sl_send_reply("404", "Not here");
}
END
exec kamailio -DD -f kamailio.cfg -P /tmp/zoo/pid -Y /tmp/zoo
""",
)

TIGERVNC = Animal(
    "tigervnc",
    ("tigervnc-standalone-server",),
    {"vnc": ""},
    r"""
mkdir home; chown nobody home
export HOME=/tmp/zoo/home
printf 'secret\nsecret\n' | tigervncpasswd -f >passwd 2>/dev/null || :
head -c 8 /dev/urandom >passwd; chmod 644 passwd
exec setpriv --reuid nobody --regid nogroup --clear-groups Xtigervnc :0 -rfbport 5900 \
    -PasswordFile /tmp/zoo/passwd -localhost=0 -SecurityTypes VncAuth -BlacklistThreshold 1000000
""",
)

X11VNC = Animal(
    "x11vnc",
    ("x11vnc", "xvfb"),
    {"vnc": ""},
    r"""
mkdir -m 1777 -p /tmp/.X11-unix
Xvfb :7 -screen 0 320x200x8 &
sleep 1
exec x11vnc -display :7 -forever -rfbport 5900 -nopw
""",
)

XVFB = Animal(
    "xvfb",
    ("xvfb",),
    {"x11": ""},
    r"""
mkdir -m 1777 -p /tmp/.X11-unix
exec setpriv --reuid nobody --regid nogroup --clear-groups \
    Xvfb :0 -screen 0 320x200x8 -listen tcp -ac
""",
)

XRDP = Animal(
    "xrdp",
    ("xrdp",),
    {"rdp": ""},
    r"""
mkdir -p /run/xrdp
sed 's,^LogFile=.*,LogFile=/tmp/zoo/xrdp.log,' /etc/xrdp/xrdp.ini >xrdp.ini
sed -i 's,^certificate=.*,certificate=/tmp/zoo/cert.pem,' xrdp.ini
sed -i 's,^key_file=.*,key_file=/tmp/zoo/key.pem,' xrdp.ini
exec xrdp --nodaemon --config /tmp/zoo/xrdp.ini
""",
)

FINGERD = Animal(
    "fingerd",
    ("fingerd", "finger", "openbsd-inetd"),
    {"finger": ""},
    r"""
echo "finger stream tcp nowait nobody /usr/sbin/in.fingerd in.fingerd" >inetd.conf
exec inetd -i -R 0 /tmp/zoo/inetd.conf
""",
)

OIDENTD = Animal(
    "oidentd", ("oidentd",), {"ident": ""}, "exec oidentd --foreground --nosyslog --error\n"
)

BIRD = Animal(
    "bird2",
    ("bird2",),
    {"bgp": ""},
    r"""
mkdir -p /run/bird
cat >bird.conf <<'END'
router id 10.0.0.1;
log stderr all;
protocol device {}
protocol bgp zoo {
    local 127.0.0.1 as 65001;
    neighbor 127.0.0.1 as 65002;
    passive on;
    multihop;
    strict bind on;
    ipv4 { import none; export none; };
}
END
exec bird -f -c bird.conf -s /run/bird/socket
""",
    in_ci=True,
)

GST_RTSP = Animal(
    "gst-rtsp-server",
    ("gir1.2-gst-rtsp-server-1.0", "python3-gi", "gstreamer1.0-plugins-base"),
    {"rtsp": ""},
    r"""
cat >serve.py <<'END'
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_service("554")
server.attach(None)
GLib.MainLoop().run()
END
export HOME=/tmp
exec setpriv --reuid nobody --regid nogroup --clear-groups /usr/bin/python3 serve.py
""",
)

ANIMALS = (
    SSHD,
    DROPBEAR,
    TELNETD,
    INETD,
    XINETD,
    NGIRCD,
    INSPIRCD,
    PROSODY,
    KAMAILIO,
    TIGERVNC,
    X11VNC,
    XVFB,
    XRDP,
    FINGERD,
    OIDENTD,
    BIRD,
    GST_RTSP,
)
