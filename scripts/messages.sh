#!/bin/sh
# The catalogues of the screens' words, brought up to date with the code and compiled. Needs gettext.
set -eu
cd "$(dirname "$0")/../comanda"
home=$(mktemp -d)
for language in en pt; do
    PYTHONPATH=.. COMANDA_HOME=$home DJANGO_SETTINGS_MODULE=comanda.settings "$1" -m django makemessages \
        -l $language --no-location --no-wrap --no-obsolete --ignore help --ignore demo
done
msgfmt --check-format -o web/locale/en/LC_MESSAGES/django.mo web/locale/en/LC_MESSAGES/django.po
rm -r "$home"
