"""The table in which rate limits are counted, by all web processes together."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE IF EXISTS comanda_cache")


class Migration(migrations.Migration):
    dependencies = [("comanda", "0003_every_builder")]
    operations = [migrations.RunPython(make, drop)]
