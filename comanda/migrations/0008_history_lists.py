"""What the lists are filtered by: an integration's open orders, a cause's newest, cancelled orders, ignored deliveries."""

from typing import Any

import django.db.models.functions.datetime
from django.db import migrations, models

ARRIVALS = """
UPDATE comanda_problem
   SET received_at = (SELECT i.received_at FROM comanda_intake i WHERE i.id = comanda_problem.intake_id)
"""
# Every cause is a problem's code, also that of an order which was cancelled through another integration of its store.
CANCELLED = """
INSERT INTO comanda_problem (account_id, intake_id, code, step, subject, facts, received_at)
SELECT i.account_id, i.id, 'order_cancelled', 'read', '', '{}', i.received_at
  FROM comanda_intake i
 WHERE i.status = 'cancelled' AND i.cause = 'order_cancelled'
   AND NOT EXISTS (SELECT 1 FROM comanda_problem p WHERE p.intake_id = i.id)
"""


def fill(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute(ARRIVALS)
    schema_editor.execute(CANCELLED)


class Migration(migrations.Migration):
    dependencies = [("comanda", "0007_search_words")]
    operations = [
        migrations.RemoveIndex(model_name="problem", name="problem_cause"),
        migrations.AddField(
            model_name="problem",
            name="received_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["account", "code", "subject", "received_at", "intake"], name="problem_cause"),
        ),
        migrations.AddIndex(
            model_name="problem",
            index=models.Index(fields=["account", "code", "received_at", "intake"], name="problem_recent"),
        ),
        migrations.AddIndex(
            model_name="intake",
            index=models.Index(
                fields=["integration", "status", "received_at", "id"],
                condition=models.Q(("status", "registered"), _negated=True),
                name="intake_open_of_integration",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                fields=["account", "registered_at", "id"],
                condition=models.Q(("status", "cancelled")),
                name="order_cancelled",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["integration", "id"], condition=models.Q(("state", "ignored")), name="delivery_ignored"
            ),
        ),
        migrations.RunPython(
            fill, migrations.RunPython.noop
        ),  # last: PostgreSQL alters no table with rows on their way
    ]
