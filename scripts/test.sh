#!/bin/sh
# All tests, in three parts at the same time: on SQLite, on a private PostgreSQL server, and what a browser sees. What the
# latter two said is shown at the end.
logs=$(mktemp -d)
"$1" -m pytest --postgres >"$logs/postgres" 2>&1 &
postgres=$!
"$1" -m pytest tests/test_browser_*.py >"$logs/browser" 2>&1 &
browser=$!
"$1" -m pytest --ignore-glob='*/test_browser_*'
failed=$?
wait $postgres || failed=1
wait $browser || failed=1
printf '\nOn PostgreSQL:\n'
cat "$logs/postgres"
printf '\nIn a browser:\n'
cat "$logs/browser"
rm -rf "$logs"
exit $failed
