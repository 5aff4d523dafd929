#!/bin/sh
# All tests, on SQLite and at the same time on a private PostgreSQL server; what the latter said is shown at the end.
log=$(mktemp)
"$1" -m pytest --postgres >"$log" 2>&1 &
other=$!
"$1" -m pytest
sqlite=$?
wait $other
postgres=$?
echo
echo "On PostgreSQL:"
cat "$log"
rm -f "$log"
[ $sqlite -eq 0 ] && [ $postgres -eq 0 ]
