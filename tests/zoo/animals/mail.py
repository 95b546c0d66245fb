"""Mail and news."""

from tests.zoo.animal import Animal

POSTFIX_MAIN = r"""
rm /etc/postfix; mkdir /etc/postfix
cp -L /run/host/etc/postfix/postfix-files /run/host/etc/postfix/dynamicmaps.cf /etc/postfix/ 2>&-||:
mkdir -p spool data; chown postfix data
cat >/etc/postfix/main.cf <<'END'
compatibility_level = 3.6
queue_directory = /tmp/zoo/spool
data_directory = /tmp/zoo/data
myhostname = zoo.test
mydestination = zoo.test
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /tmp/zoo/mail.log
maillog_file_prefixes = /tmp/zoo
smtpd_tls_security_level = may
smtpd_tls_cert_file = /tmp/zoo/cert.pem
smtpd_tls_key_file = /tmp/zoo/key.pem
postscreen_greet_wait = 2s
postscreen_access_list =
postscreen_greet_banner = wait a moment
END
cat >/etc/postfix/master.cf <<'END'
postlog unix-dgram n - n - 1 postlogd
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
dnsblog unix - - n - 0 dnsblog
proxymap unix - - n - - proxymap
tlsproxy unix - - n - 0 tlsproxy
"""

POSTFIX = Animal(
    "postfix",
    ("postfix",),
    {
        "smtp": "",
        "smtp-starttls": "",
        "submission": "",
        "smtps": "",
    },
    POSTFIX_MAIN
    + r"""smtp inet n - n - - smtpd
submission inet n - n - - smtpd
465 inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes
END
exec /usr/sbin/postfix start-fg
""",
    in_ci=True,
)

POSTSCREEN = Animal(
    "postscreen",
    ("postfix",),
    {"smtp": ""},
    POSTFIX_MAIN
    + r"""smtp inet n - n - 1 postscreen
smtpd pass - - n - - smtpd
END
exec /usr/sbin/postfix start-fg
""",
)

EXIM = Animal(
    "exim4",
    (),
    {"smtp": "", "smtp-starttls": "", "submission": "", "smtps": ""},
    r"""
mkdir -m 777 spool log
cp /etc/passwd passwd; cp /etc/group group; rm /etc/passwd /etc/group
sed 's/^mail:/Debian-exim:/; s/:8:8:/:9999:9999:/' passwd | grep exim >>passwd || :
cat passwd >/etc/passwd; echo Debian-exim:x:9999: >>group; cat group >/etc/group
cat >/tmp/zoo/exim.conf <<'END'
exim_user = mail
exim_group = mail
primary_hostname = zoo.test
spool_directory = /tmp/zoo/spool
log_file_path = /tmp/zoo/log/%s.log
daemon_smtp_ports = 25 : 465 : 587
tls_on_connect_ports = 465
tls_advertise_hosts = *
tls_certificate = /tmp/zoo/cert.pem
tls_privatekey = /tmp/zoo/key.pem
log_selector = +smtp_connection
rfc1413_hosts =
host_lookup =
never_users =
END
chown root exim.conf; chmod 644 exim.conf
exec deb/usr/sbin/exim4 -bdf -C /tmp/zoo/exim.conf -oP /tmp/zoo/exim.pid
""",
    unpacked=("exim4-daemon-light", "libidn12"),
)

DOVECOT = Animal(
    "dovecot",
    ("dovecot-core", "dovecot-imapd", "dovecot-pop3d", "dovecot-lmtpd"),
    {"pop3": "", "pop3s": "", "imap": "", "imaps": "", "lmtp": ""},
    r"""
mkdir base; touch dovecot.log; chmod 666 dovecot.log
cat >dovecot.conf <<'END'
protocols = imap pop3 lmtp
base_dir = /tmp/zoo/base
state_dir = /tmp/zoo/base
log_path = /tmp/zoo/dovecot.log
ssl = yes
ssl_cert = </tmp/zoo/cert.pem
ssl_key = </tmp/zoo/key.pem
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=mail gid=mail home=/tmp/zoo/home/%u
}
mail_location = maildir:~/mail
service lmtp {
  inet_listener lmtp {
    port = 24
  }
}
END
exec dovecot -F -c /tmp/zoo/dovecot.conf
""",
    in_ci=True,
)

LEAFNODE = Animal(
    "leafnode",
    ("leafnode", "openbsd-inetd"),
    {"nntp": ""},
    r"""
cp -r /var/spool/news spool
chown -R news:news spool
cat >config <<'END'
server = localhost
expire = 20
hostname = news.zoo-of-piranha.net
END
chown news config; chmod 640 config; chgrp news config
mount --bind spool /var/spool/news
rm -rf /etc/news; mkdir -p /etc/news/leafnode; cp -p config /etc/news/leafnode/config
echo "nntp stream tcp nowait news /usr/sbin/leafnode leafnode" >inetd.conf
exec inetd -i /tmp/zoo/inetd.conf
""",
)

ANIMALS = (POSTFIX, POSTSCREEN, EXIM, DOVECOT, LEAFNODE)
