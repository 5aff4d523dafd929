"""Several URLs that were rotated away may answer at once. The column of the only one stays until the next release: code of
the one before may still be running, and reads it."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def carry_over(apps: Any, schema_editor: Any) -> None:
    former = apps.get_model("comanda", "FormerUrl")
    for row in apps.get_model("comanda", "Integration").objects.exclude(former_digest=""):
        former.objects.create(integration=row, digest=row.former_digest, until=row.former_until)


class Migration(migrations.Migration):
    dependencies = [("comanda", "0005_screens")]

    operations = [
        migrations.CreateModel(
            name="FormerUrl",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("until", models.DateTimeField()),
                (
                    "integration",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="former_urls",
                        to="comanda.integration",
                    ),
                ),
            ],
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(model_name="integration", name="integration_former"),
                migrations.RemoveField(model_name="integration", name="former_digest"),
            ]
        ),
    ]
