"""The `comanda` command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comanda.settings")
    from django.db import DatabaseError

    from comanda.cli import app
    from comanda.cli.output import end

    try:
        app()
    except DatabaseError as error:
        end("--json" in sys.argv, "database", f"The database does not answer, or is not migrated: {error}".strip())


if __name__ == "__main__":
    main()
