#!/bin/sh
# What the tests run for real and Python's packages do not bring. On Debian and as root it is installed; else it is named.
set -eu
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
else
    echo "The tests need PostgreSQL's server programs (initdb, postgres): please install them." >&2
    exit 1
fi
