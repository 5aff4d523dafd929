"""The index of the history's words: see comanda/history/words.py."""

from typing import Any

from django.db import migrations

from comanda.history import words

FILL = (
    "INSERT INTO comanda_intakeseat (intake) SELECT id FROM comanda_intake ORDER BY received_at",
    words.GATHER,
)


def index(apps: Any, schema_editor: Any) -> None:
    words.prepare(schema_editor.connection)
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for statement in FILL:
                cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("comanda", "0006_former_urls")]
    operations = [migrations.RunPython(index, migrations.RunPython.noop)]
