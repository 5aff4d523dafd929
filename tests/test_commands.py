"""The command line: what it says, and where it takes secrets from."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from comanda.accounts.models import User
from comanda.catalogue.models import StoreVariant
from comanda.history.models import Intake
from comanda.integrations.models import Integration
from tests.cast import Cast, command
from tests.installation import Installation

HEADER = "product,variant,sku,price,cost,stock\n"


@pytest.fixture(params=[1, 2])
def many(request: pytest.FixtureRequest, cast: Cast) -> int:
    """So many orders wait for one product; the account's name is Ana, its integration's id is `cast.shop.pk`."""
    for _ in range(request.param):
        cast.send(cast.order(line_items=[cast.line(sku=None, variant_id=9, title="Masajeador")]))
    return int(request.param)


def test_one_is_one_and_two_are_two(cast: Cast, many: int, tmp_path: Path) -> None:
    orders = {1: "1 order runs again", 2: "2 orders run again"}[many]
    blocked = StoreVariant.objects.get(key="v:9")
    linked = command(
        "link", "add", "--account", "Ana", "--store-variant", f"{blocked.pk}", "--variant", f"{cast.faja.pk}"
    )
    assert linked == f"Linked; {orders}\n"
    assert command("retry", "--account", "Ana", "--all").endswith(f": {0} orders run again\n")
    cast.work()
    Intake.objects.update(status="failed")
    assert command("retry", "--account", "Ana", "--all").endswith(f": {orders}\n")


def test_an_import_counts_what_it_brought(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.csv"
    cast.send(cast.order(line_items=[cast.line(sku="NUEVO", variant_id=9)]))
    file.write_text(HEADER + "Nuevo,,NUEVO,1,1,\n")
    assert (
        command("products", "import", str(file), "--account", "Ana") == "1 new product, 1 variant; 1 order runs again\n"
    )
    file.write_text(HEADER + "Uno,A,U-A,1,1,\nUno,B,U-B,1,1,\nDos,,D,1,1,\n")
    assert command("products", "import", str(file), "--account", "Ana") == "2 new products, 3 variants\n"
    assert command("products", "import", str(file), "--account", "Ana") == "0 new products, 3 variants\n"


def test_what_is_no_sheet_is_said_without_a_line(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    for raw, said in (
        (b"", "The file is empty"),
        (b"PK\x03\x04", "The file is a spreadsheet's own: save it as CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x08\x06", "This is not a CSV file: save your sheet as CSV, UTF-8"),
    ):
        file.write_bytes(raw)
        told = command("products", "import", str(file), "--account", "Ana", code=1)
        assert told == f"Nothing was imported.\n{said}\n"
        told = command("products", "import", str(file), "--account", "Ana", "--json", code=1)
        assert json.loads(told)["errors"] == [{"line": 1, "message": said}]


def test_a_secret_and_a_store_count_what_they_mend(cast: Cast, many: int) -> None:
    for _ in range(many):
        cast.post(cast.order(), secret="nueva")
        cast.send(cast.order(), store="otra.myshopify.com")
    added = command("integration", "secret", str(cast.shop.pk), "--secret", "nueva")
    assert (
        added == {1: "Added; 1 quarantined delivery verified\n", 2: "Added; 2 quarantined deliveries verified\n"}[many]
    )
    moved = command("integration", "store", str(cast.shop.pk), "otra")
    assert moved.endswith({1: "; 1 order runs again\n", 2: "; 2 orders run again\n"}[many])
    assert command("integration", "reseal") == "3 secrets encrypted with the newest key\n"


def test_a_password_comes_by_standard_input(cast: Cast) -> None:
    made = ("account", "create", "Berta", "--email", "berta@example.com", "--password", "-")
    command(*made, given="\n", code=2)
    command(*made, given="", code=2)
    assert not User.objects.exists()
    command(*made, given="una clave larga 9 \r\nde dos líneas\n")
    assert User.objects.get().check_password("una clave larga 9 ")


def test_a_secret_comes_by_standard_input(cast: Cast) -> None:
    made = ("integration", "add", "shopify", "--account", "Ana", "--name", "Otra", "--store", "otra", "--secret", "-")
    command(*made, given="", code=2)
    assert Integration.objects.count() == 1
    command(*made, given="clave ñ\n")
    other = Integration.objects.latest("pk")
    assert cast.post(cast.order(), integration=other, secret="clave ñ", store="otra.myshopify.com")[0] == 200
    command("integration", "secret", str(cast.shop.pk), "--secret", "-", given="nueva\n")
    assert cast.post(cast.order(), secret="nueva")[0] == 200
    assert cast.post(cast.order(), secret="-")[0] == 401


def test_a_password_is_not_shown_while_it_is_typed(installation: Installation) -> None:
    installation.run("migrate")
    terminal, end = pty.openpty()
    asked = [sys.executable, "-m", "comanda", "account", "create", "Ana", "--email", "a@example.com", "--password", "-"]
    with subprocess.Popen(asked, stdin=end, stderr=end, stdout=subprocess.PIPE, env=installation.env) as process:
        os.close(end)
        shown = os.read(terminal, 100)
        os.write(terminal, b"una-clave-larga-9\n")
        assert process.communicate(timeout=30)[0].startswith(b"Account 1 Ana")
    shown += os.read(terminal, 1000)
    os.close(terminal)
    assert shown.split() == [b"password:"]
    assert installation.count("SELECT count(*) FROM comanda_user WHERE password LIKE 'pbkdf2%'") == 1
