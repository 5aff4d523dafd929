"""The `comanda` command."""

import json
import os
import sys
from typing import NoReturn

from comanda.environment import BadSetting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comanda.settings")
    as_json = "--json" in sys.argv
    try:
        from comanda.cli import app
    except BadSetting as error:
        stop(as_json, error)
    from django.db import DatabaseError
    from typer import Abort, TyperException

    from comanda.cli.output import end

    try:
        sys.exit(app(standalone_mode=not as_json))  # alone, typer says what was misused by itself
    except TyperException as error:
        end(as_json, "usage", error.format_message(), status=2)
    except Abort:
        end(as_json, "aborted", "Aborted.")
    except DatabaseError as error:
        hint = (
            " Is it set up? Run `comanda migrate`."
            if "no such table" in str(error) or "does not exist" in str(error)
            else ""
        )
        end(as_json, "database", f"The database says: {str(error).strip()}.{hint}")


def stop(as_json: bool, error: BadSetting) -> NoReturn:
    """Before there is anything of ours that could say it."""
    said = {"code": "setting_invalid", "message": error.message, "facts": {"setting": error.setting}}
    if as_json:
        sys.stdout.write(json.dumps({"error": said}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"{error.message}\n")
    sys.exit(2)


if __name__ == "__main__":
    main()
