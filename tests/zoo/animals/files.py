"""Servers of files, disks and printers."""

from tests.zoo.animal import Animal

VSFTPD_COMMON = r"""
mkdir -p empty /run/vsftpd/empty
cat >vsftpd.conf <<'END'
background=NO
listen=YES
anonymous_enable=YES
anon_root=/tmp/zoo/empty
secure_chroot_dir=/run/vsftpd/empty
xferlog_enable=YES
vsftpd_log_file=/tmp/zoo/vsftpd.log
dual_log_enable=YES
log_ftp_protocol=NO
seccomp_sandbox=NO
rsa_cert_file=/tmp/zoo/cert.pem
rsa_private_key_file=/tmp/zoo/key.pem
END
sed 's,zoo/vsftpd.log,zoo/vsftpds.log,' vsftpd.conf >vsftpds.conf
printf 'listen_port=990\nssl_enable=YES\nimplicit_ssl=YES\nallow_anon_ssl=YES\n' >>vsftpds.conf
vsftpd /tmp/zoo/vsftpds.conf &
exec vsftpd /tmp/zoo/vsftpd.conf
"""

VSFTPD = Animal("vsftpd", ("vsftpd",), {"ftp": "", "ftps": ""}, VSFTPD_COMMON, in_ci=True)

PROFTPD = Animal(
    "proftpd",
    (),
    {"ftp": ""},
    r"""
touch proftpd.log
cat >proftpd.conf <<'END'
ServerName zoo
ServerType standalone
Port 21
User nobody
Group nogroup
PidFile /tmp/zoo/proftpd.pid
ScoreboardFile /tmp/zoo/scoreboard
SystemLog /tmp/zoo/proftpd.log
WtmpLog off
UseIPv6 off
DelayEngine off
END
exec deb/usr/sbin/proftpd -n -c /tmp/zoo/proftpd.conf
""",
    unpacked=(
        "proftpd-core",
        "libhiredis0.14",
        "libmemcached11",
        "libmemcachedutil2",
        "libpcre2-posix3",
        "libhashkit2",
    ),
)

PUREFTPD = Animal(
    "pure-ftpd",
    (),
    {"ftp": ""},
    "mkdir -p /run/pure-ftpd; exec deb/usr/sbin/pure-ftpd -S 21 -H\n",
    unpacked=("pure-ftpd",),
)

LPRNG = Animal(
    "lprng",
    (),
    {"lpd": ""},
    r"""
mkdir -p /etc/lprng /run/lprng spool/lp run; chown -R daemon spool run /run/lprng
cp deb/etc/lprng/* /etc/lprng/ || :
printf 'lp:\n :sd=/tmp/zoo/spool/lp\n :lp=/dev/null\n :server\n' >/etc/printcap
cp /etc/printcap /etc/lprng/printcap
printf 'lockfile=/tmp/zoo/run/lpd\nlpd_listen_port=515\n' >>/etc/lprng/lpd.conf
touch lpd.log; chmod 666 lpd.log
exec deb/usr/sbin/lpd -F -L /tmp/zoo/lpd.log
""",
    unpacked=("lprng",),
)

RSYNC = Animal(
    "rsync",
    ("rsync",),
    {"rsync": ""},
    r"""
mkdir share
printf 'log file = /tmp/zoo/rsync.log\nuse chroot = no\n' >rsyncd.conf
printf '[share]\npath = /tmp/zoo/share\n' >>rsyncd.conf
exec rsync --daemon --no-detach --config=/tmp/zoo/rsyncd.conf
""",
    in_ci=True,
)

GIT = Animal(
    "git daemon",
    ("git",),
    {"git": ""},
    r"""
mkdir base; chmod 755 base
exec setpriv --reuid nobody --regid nogroup --clear-groups git daemon --base-path=/tmp/zoo/base \
    --informative-errors --reuseaddr
""",
    in_ci=True,
)

GIT_QUIET = Animal(
    "git daemon without informative errors",
    ("git",),
    {"git": ""},
    r"""
mkdir base; chmod 755 base
exec setpriv --reuid nobody --regid nogroup --clear-groups git daemon --base-path=/tmp/zoo/base
""",
)

SVN = Animal(
    "svnserve",
    ("subversion",),
    {"svn": ""},
    r"""
mkdir base
exec setpriv --reuid nobody --regid nogroup --clear-groups svnserve --daemon --foreground \
    --root /tmp/zoo/base --log-file=/tmp/svn.log
""",
)

SAMBA = Animal(
    "samba",
    ("samba",),
    {"smb": ""},
    r"""
mkdir state private share
cat >smb.conf <<'END'
[global]
    workgroup = ZOO
    disable netbios = yes
    smb ports = 445
    lock directory = /tmp/zoo/state
    state directory = /tmp/zoo/state
    cache directory = /tmp/zoo/state
    pid directory = /tmp/zoo/state
    private dir = /tmp/zoo/private
    ncalrpc dir = /tmp/zoo/state/ncalrpc
    log file = /tmp/zoo/smb.log
    load printers = no
    disable spoolss = yes
[share]
    path = /tmp/zoo/share
END
exec smbd --foreground --no-process-group --configfile=/tmp/zoo/smb.conf
""",
)

GANESHA = Animal(
    "nfs-ganesha",
    ("nfs-ganesha", "nfs-ganesha-vfs", "rpcbind"),
    {"nfs": "", "nfs3": "", "nfs-udp": "", "portmap": ""},
    r"""
rm -f /var/lib/nfs; mkdir -p /run/ganesha /run/rpcbind /var/lib/nfs/ganesha export state
rpcbind -w -f &
sleep 0.5
cat >ganesha.conf <<'END'
NFS_CORE_PARAM { Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; }
NFSv4 { RecoveryRoot = /tmp/zoo/state; RecoveryBackend = fs; Grace_Period = 5; }
END
exec ganesha.nfsd -F -L /tmp/zoo/ganesha.log -f ganesha.conf -N NIV_EVENT -p /tmp/zoo/pid
""",
)

RPCBIND = Animal(
    "rpcbind",
    ("rpcbind",),
    {"portmap": ""},
    "mkdir -p /run/rpcbind; exec rpcbind -f -w\n",
)

TGT = Animal(
    "tgt",
    ("tgt",),
    {"iscsi": ""},
    r"""
mkdir -p /run/tgtd
tgtd -f &
until tgtadm --lld iscsi --op new --mode target --tid 1 -T iqn.2000-01.test:zoo; do sleep 0.1; done
tgtadm --lld iscsi --op bind --mode target --tid 1 -I ALL
""",
)

CUPS = Animal(
    "cups",
    ("cups-daemon",),
    {"ipp": ""},
    r"""
mkdir -p root state spool cache log tmp; chmod 777 log tmp
cat >cups-files.conf <<'END'
ServerRoot /tmp/zoo/root
RequestRoot /tmp/zoo/spool
CacheDir /tmp/zoo/cache
StateDir /tmp/zoo/state
TempDir /tmp/zoo/tmp
AccessLog /tmp/zoo/log/access.log
ErrorLog /tmp/zoo/log/error.log
PageLog /tmp/zoo/log/page.log
SystemGroup root
END
cat >cupsd.conf <<'END'
Listen 631
Listen /run/cups.sock
LogLevel warn
AccessLogLevel all
Browsing No
<Location />
  Order allow,deny
  Allow all
</Location>
END
exec cupsd -f -c /tmp/zoo/cupsd.conf -s /tmp/zoo/cups-files.conf
""",
)

ANIMALS = (
    VSFTPD,
    PROFTPD,
    PUREFTPD,
    RSYNC,
    GIT,
    GIT_QUIET,
    SVN,
    SAMBA,
    GANESHA,
    RPCBIND,
    TGT,
    CUPS,
    LPRNG,
)
