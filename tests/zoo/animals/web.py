"""Web servers, proxies and balancers."""

from tests.zoo.animal import Animal

NGINX = Animal(
    "nginx",
    ("nginx",),
    {"http": "port = 8080", "https": "port = 8443"},
    r"""
mkdir www; echo hello >www/index.html
cat >nginx.conf <<'END'
daemon off;
user www-data;
pid /tmp/zoo/nginx.pid;
error_log /tmp/zoo/error.log;
events {}
http {
    access_log /tmp/zoo/access.log;
    client_body_temp_path /tmp/zoo/body;
    proxy_temp_path /tmp/zoo/proxy;
    fastcgi_temp_path /tmp/zoo/fastcgi;
    uwsgi_temp_path /tmp/zoo/uwsgi;
    scgi_temp_path /tmp/zoo/scgi;
    server {
        listen 8080;
        listen 8443 ssl;
        ssl_certificate /tmp/zoo/cert.pem;
        ssl_certificate_key /tmp/zoo/key.pem;
        root /tmp/zoo/www;
    }
}
END
exec nginx -c /tmp/zoo/nginx.conf
""",
    in_ci=True,
)

APACHE = Animal(
    "apache2",
    ("apache2",),
    {"http": "port = 8080", "https": "port = 8443"},
    r"""
mkdir www; echo hello >www/index.html
cat >apache.conf <<'END'
ServerRoot /tmp/zoo
ServerName zoo.test
User www-data
Group www-data
PidFile /tmp/zoo/apache.pid
DefaultRuntimeDir /tmp/zoo
ErrorLog /tmp/zoo/error.log
Listen 8080
Listen 8443
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LogFormat "%h %r %>s" plain
CustomLog /tmp/zoo/access.log plain
DocumentRoot /tmp/zoo/www
DirectoryIndex index.html
<VirtualHost *:8443>
    SSLEngine on
    SSLCertificateFile /tmp/zoo/cert.pem
    SSLCertificateKeyFile /tmp/zoo/key.pem
</VirtualHost>
END
exec apache2 -f /tmp/zoo/apache.conf -DFOREGROUND
""",
)

LIGHTTPD = Animal(
    "lighttpd",
    ("lighttpd", "lighttpd-mod-openssl"),
    {"http": "port = 8080", "https": "port = 8443"},
    r"""
mkdir www; echo hello >www/index.html; touch error.log; chmod 666 *.log
cat >lighttpd.conf <<'END'
server.modules = ("mod_accesslog", "mod_openssl")
server.document-root = "/tmp/zoo/www"
server.port = 8080
server.username = "www-data"
server.errorlog = "/tmp/zoo/error.log"
accesslog.use-syslog = "enable"
index-file.names = ("index.html")
$SERVER["socket"] == ":8443" {
    ssl.engine = "enable"
    ssl.pemfile = "/tmp/zoo/both.pem"
}
END
exec lighttpd -D -f /tmp/zoo/lighttpd.conf
""",
)

HAPROXY = Animal(
    "haproxy",
    ("haproxy",),
    {"haproxy-stats": "port = 8404"},
    r"""
cat >haproxy.cfg <<'END'
global
    log /dev/log local0
    user haproxy
defaults
    mode http
    log global
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend stats
    bind :8404
    stats enable
    stats uri /stats
    option httplog
END
exec haproxy -db -f haproxy.cfg
""",
    in_ci=True,
)

SQUID = Animal(
    "squid",
    ("squid",),
    {"http-proxy": "port = 3128"},
    r"""
touch access.log cache.log; chmod 777 . *.log
cat >squid.conf <<'END'
http_port 3128
cache_effective_user proxy
pid_filename /tmp/zoo/squid.pid
access_log stdio:/tmp/zoo/access.log
cache_log /tmp/zoo/cache.log
cache deny all
acl SSL_ports port 443
acl CONNECT method CONNECT
http_access deny CONNECT !SSL_ports
http_access allow localhost
http_access deny all
shutdown_lifetime 1 second
END
exec squid -N -f /tmp/zoo/squid.conf
""",
)

TINYPROXY = Animal(
    "tinyproxy",
    ("tinyproxy-bin",),
    {"http-proxy": "port = 8888"},
    r"""
touch tinyproxy.log; chmod 666 tinyproxy.log
cat >tinyproxy.conf <<'END'
User nobody
Group nogroup
Port 8888
Timeout 60
LogFile "/tmp/zoo/tinyproxy.log"
LogLevel Connect
Allow 127.0.0.1
ConnectPort 443
END
exec tinyproxy -d -c tinyproxy.conf
""",
    in_ci=True,
)

DANTE = Animal(
    "dante-server",
    ("dante-server",),
    {"socks5": "port = 1080"},
    r"""
cat >danted.conf <<'END'
logoutput: /tmp/zoo/danted.log
internal: 127.0.0.1 port = 1080
external: 127.0.0.1
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 log: error connect disconnect }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 log: error }
END
exec danted -f danted.conf
""",
    in_ci=True,
)

MICROSOCKS = Animal(
    "microsocks",
    ("microsocks",),
    {"socks5": "port = 1080"},
    "exec setpriv --reuid nobody --regid nogroup --clear-groups microsocks -i 127.0.0.1 -p 1080\n",
)

REGISTRY = Animal(
    "docker-registry",
    ("docker-registry",),
    {"docker-registry": "port = 5000"},
    r"""
mkdir data
cat >config.yml <<'END'
version: 0.1
storage: {filesystem: {rootdirectory: /tmp/zoo/data}}
http: {addr: ":5000"}
END
exec docker-registry serve config.yml
""",
)

STUNNEL = Animal(
    "stunnel",
    ("stunnel4", "redis-server"),
    {"redis": "port = 6380; tls = 1"},
    r"""
redis-server --port 6379 --dir /tmp/zoo --logfile /tmp/zoo/redis.log &
cat >stunnel.conf <<'END'
foreground = yes
pid =
output = /tmp/zoo/stunnel.log
[redis]
accept = 6380
connect = 6379
cert = /tmp/zoo/both.pem
END
exec stunnel4 stunnel.conf
""",
    in_ci=True,
)

SSH_TUNNEL = Animal(
    "ssh -L",
    ("openssh-client", "openssh-server", "redis-server"),
    {"redis": "port = 6380"},
    r"""
redis-server --port 6379 --dir /tmp/zoo --logfile /tmp/zoo/redis.log &
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f user
cp user.pub /tmp/zoo.keys; chown root /tmp/zoo.keys; chmod 600 /tmp/zoo.keys
/usr/sbin/sshd -p 2200 -h /tmp/zoo/host -o AuthorizedKeysFile=/tmp/zoo.keys -o StrictModes=no \
    -o PermitRootLogin=yes -o UsePAM=no
exec ssh -N -L 6380:127.0.0.1:6379 -i user -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/tmp/zoo/known -p 2200 root@127.0.0.1
""",
)

ANIMALS = (
    NGINX,
    APACHE,
    LIGHTTPD,
    HAPROXY,
    SQUID,
    TINYPROXY,
    DANTE,
    MICROSOCKS,
    REGISTRY,
    STUNNEL,
    SSH_TUNNEL,
)
