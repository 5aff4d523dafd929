"""PostgreSQL: bodies, headers and traces are compressed by lz4, several times as fast as its default, where it was built with it."""

from typing import Any

from django.db import migrations

COLUMNS = (("comanda_delivery", "body"), ("comanda_delivery", "headers"), ("comanda_attempt", "trace"))


def compress_by_lz4(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)")
        if cursor.fetchone():
            for table, column in COLUMNS:
                cursor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET COMPRESSION lz4")


class Migration(migrations.Migration):
    dependencies = [("comanda", "0001_way_of_an_order")]
    operations = [migrations.RunPython(compress_by_lz4, migrations.RunPython.noop)]
