"""What a batch writes in one transaction is not looked up once more, row by row, at its end: see comanda/orders/models.py."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from comanda.history import words


def triggers(apps: Any, schema_editor: Any) -> None:
    """SQLite makes the table of intakes anew, without its triggers."""
    words.prepare(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [
        ("comanda", "0008_history_lists"),
    ]

    operations = [
        migrations.AlterField(
            model_name="attempt",
            name="intake",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="attempt_rows",
                to="comanda.intake",
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="comanda.account"
            ),
        ),
        migrations.AlterField(
            model_name="intake",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="comanda.account"
            ),
        ),
        migrations.AlterField(
            model_name="intake",
            name="key",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="intakes",
                to="comanda.orderkey",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="comanda.account"
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="key",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="order",
                to="comanda.orderkey",
            ),
        ),
        migrations.AlterField(
            model_name="orderkey",
            name="account",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to="comanda.account"
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="order",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="comanda.order",
            ),
        ),
        migrations.RunPython(triggers, migrations.RunPython.noop),
    ]
