"""The `comanda` command."""

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comanda.settings")
    from comanda.cli import app

    app()


if __name__ == "__main__":
    main()
