"""Databases, directories, caches and queues."""

from tests.zoo.animal import Animal

REDIS = Animal(
    "redis",
    ("redis-server",),
    {"redis": ""},
    "exec setpriv --reuid nobody --regid nogroup --clear-groups redis-server --dir /tmp\n",
    in_ci=True,
)

MEMCACHED = Animal(
    "memcached", ("memcached",), {"memcached": ""}, "exec memcached -u nobody -v\n", in_ci=True
)

MARIADB = Animal(
    "mariadb",
    ("mariadb-server",),
    {"mysql": ""},
    r"""
mkdir data; chown mysql data; touch error.log; chown mysql error.log
mariadb-install-db --no-defaults --user=mysql --datadir=/tmp/zoo/data --skip-test-db \
    --auth-root-authentication-method=normal >/dev/null
exec mariadbd --no-defaults --user=mysql --datadir=/tmp/zoo/data --socket=/tmp/zoo/data/socket \
    --log-error=/tmp/zoo/error.log --log-warnings=2 --innodb-buffer-pool-size=8M \
    --innodb-log-file-size=4M --max-connect-errors=10 --pid-file=/tmp/zoo/data/pid
""",
    in_ci=True,
    ready_seconds=60.0,
)

POSTGRESQL = Animal(
    "postgresql",
    ("postgresql-15",),
    {"postgresql": "", "postgresql-login": ""},
    r"""
mkdir data; chown postgres data; touch server.log; chown postgres server.log
as() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }
export PATH=$PATH:/usr/lib/postgresql/15/bin
as initdb -D data -A trust -N >/dev/null
as postgres --single -D data postgres >/dev/null <<'END'
create role piranha login
END
exec setpriv --reuid postgres --regid postgres --init-groups postgres -D data \
    -c unix_socket_directories=/tmp/zoo/data -c fsync=off -c log_connections=off
""",
    ready_seconds=60.0,
)

SLAPD = Animal(
    "slapd",
    ("slapd",),
    {"ldap": "", "ldaps": ""},
    r"""
mkdir db; chown openldap db
cat >slapd.conf <<'END'
include /run/host/etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile /tmp/zoo/cert.pem
TLSCertificateKeyFile /tmp/zoo/key.pem
database mdb
suffix "dc=zoo,dc=test"
directory /tmp/zoo/db
END
chmod 644 slapd.conf
exec slapd -f /tmp/zoo/slapd.conf -u openldap -g openldap -h 'ldap:/// ldaps:///' -d 256
""",
    in_ci=True,
)

MOSQUITTO = Animal(
    "mosquitto",
    ("mosquitto",),
    {"mqtt": ""},
    r"""
printf 'listener 1883\nallow_anonymous true\n' >mosquitto.conf
exec mosquitto -c mosquitto.conf
""",
    in_ci=True,
)

MOSQUITTO_CLOSED = Animal(
    "mosquitto with passwords",
    ("mosquitto",),
    {"mqtt": ""},
    r"""
printf 'listener 1883\nallow_anonymous false\n' >mosquitto.conf
exec mosquitto -c mosquitto.conf
""",
)

RABBITMQ = Animal(
    "rabbitmq",
    ("rabbitmq-server",),
    {"amqp": ""},
    r"""
mkdir home log; chown -R rabbitmq home log
export RABBITMQ_MNESIA_BASE=/tmp/zoo/home RABBITMQ_LOG_BASE=/tmp/zoo/log HOME=/tmp/zoo/home
export RABBITMQ_NODENAME=zoo@localhost RABBITMQ_ENABLED_PLUGINS_FILE=/tmp/zoo/plugins
exec setpriv --reuid rabbitmq --regid rabbitmq --init-groups \
    /usr/lib/rabbitmq/bin/rabbitmq-server
""",
    ready_seconds=90.0,
)

ETCD = Animal(
    "etcd",
    ("etcd-server",),
    {"etcd": ""},
    r"""
mkdir data; chown nobody data; chmod 700 data
exec setpriv --reuid nobody --regid nogroup --clear-groups etcd --data-dir /tmp/zoo/data \
    --unsafe-no-fsync
""",
)

ZOOKEEPER = Animal(
    "zookeeper",
    ("zookeeper",),
    {"zookeeper": ""},
    r"""
mkdir data; chown nobody data
printf 'tickTime=2000\ndataDir=/tmp/zoo/data\nclientPort=2181\nadmin.enableServer=false\n' >zoo.cfg
classes=$(ls /usr/share/java/zookeeper.jar /usr/share/java/*.jar | tr '\n' :)
exec setpriv --reuid nobody --regid nogroup --clear-groups \
    java -Xmx128m -cp "$classes" org.apache.zookeeper.server.quorum.QuorumPeerMain zoo.cfg
""",
    ready_seconds=60.0,
)

ANIMALS = (
    REDIS,
    MEMCACHED,
    MARIADB,
    POSTGRESQL,
    SLAPD,
    MOSQUITTO,
    MOSQUITTO_CLOSED,
    RABBITMQ,
    ETCD,
    ZOOKEEPER,
)
