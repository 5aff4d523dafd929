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
        hint = (
            " Is it set up? Run `comanda migrate`."
            if "no such table" in str(error) or "does not exist" in str(error)
            else ""
        )
        end("--json" in sys.argv, "database", f"The database says: {str(error).strip()}.{hint}")


if __name__ == "__main__":
    main()
