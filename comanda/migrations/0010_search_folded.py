"""What the history is searched in is folded as what is asked is: see comanda/history/record.py."""

from typing import Any

from django.db import migrations, transaction

from comanda.connectors.reading import unaccented
from comanda.history import words

A_PART = 1000
NEXT = "SELECT id, search FROM comanda_intake WHERE id > %s ORDER BY id LIMIT %s"
SET = "UPDATE comanda_intake SET search = %s WHERE id = %s AND search = %s"  # unless a worker was quicker


def fold(apps: Any, schema_editor: Any) -> None:
    """Part by part, each in a transaction of its own: workers go on meanwhile. SQLite's index follows by its triggers."""
    database = schema_editor.connection
    words.prepare(database)
    last: Any = "0" * 32
    with database.cursor() as cursor:
        while True:
            cursor.execute(NEXT, (last, A_PART))
            found = cursor.fetchall()
            if not found:
                return
            last = found[-1][0]
            told = ((unaccented(search), id_, search) for id_, search in found)
            changed = [row for row in told if row[0] != row[2]]
            if changed:
                with transaction.atomic(using=database.alias):
                    cursor.executemany(SET, changed)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("comanda", "0009_fewer_constraints")]
    operations = [migrations.RunPython(fold, migrations.RunPython.noop)]
