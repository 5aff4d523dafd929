"""Productos › Importar: a file is chosen, looked at before it changes anything, then taken as a whole or not at all."""

import csv
import io
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from comanda.accounts.access import NotFound
from comanda.accounts.models import Account
from comanda.accounts.region import locale
from comanda.catalogue.known import Known
from comanda.catalogue.plan import Planned, plan
from comanda.catalogue.sheet import LineError, by_line, mistaken, read
from comanda.web import sheets
from comanda.web.cells import COLUMNS, in_words
from comanda.web.figures import said_money, written
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.offers import places
from comanda.web.views.catalogue import as_file
from comanda.web.views.registering import followed_line

SHOWN = 100  # errors


@entered
def bring(request: HttpRequest) -> HttpResponse:
    """Choose a file; what is wrong with it is said line by line."""
    who = access(request)
    if request.method != "POST":
        return render(request, "import.html", places(who))
    who.change()
    file = request.FILES.get("file")
    if fault := refused(request, file):
        return render(request, "import.html", {"fault": fault} | places(who), status=400)
    assert file is not None
    raw = file.read()
    rows, errors = read(raw)
    known = Known(who, rows, lock=False)
    if errors := by_line(errors + known.errors):
        if errors[0].whole:
            return render(request, "import.html", {"fault": in_words(errors[0])} | places(who), status=400)
        shown = {"file": file.name, "errors": [told(each) for each in errors[:SHOWN]], "wrong": len(errors)}
        return render(request, "import.html", shown | {"more": max(0, len(errors) - SHOWN)} | places(who), status=400)
    return redirect("imported", token=sheets.keep(who.account, file.name or "", raw, plan(who, rows, known)))


def refused(request: HttpRequest, file: UploadedFile | None) -> str:
    if file is None:
        return _("Elige un archivo.")
    if (file.size or 0) > sheets.LIMIT:
        if code := mistaken(file.read(1000)):
            return in_words(LineError(1, code))
        country = access(request).account.country
        size = format_decimal(round((file.size or 0) / 1024 / 1024, 1), locale=locale(country))
        return _("El archivo pesa {size} MB y caben 5 MB. Divídelo en varios: cada uno se importa aparte.").format(
            size=size
        )
    return ""


def told(error: LineError) -> dict[str, str | int]:
    column = str(COLUMNS[error.column]) if error.column in COLUMNS else ""
    return {"line": error.line, "column": column, "cell": error.cell, "reason": in_words(error)}


@entered
def imported(request: HttpRequest, token: str) -> HttpResponse:
    """What the file would do, how far it is, or what it did: one page, as it goes."""
    who = access(request)
    state, upload = sheets.state(who.account, token), sheets.kept(who.account, token)
    if request.method == "POST":
        who.change()
        if upload is None and state is None:
            raise NotFound("import")
        if upload and state is None:
            sheets.start(who, token, upload)
        return redirect("imported", token=token)
    if state is None and upload is None:
        return render(request, "imported.html", {"gone": True} | places(who), status=404)
    first = [previewed(who.account, each) for each in upload.plan.first] if upload else []
    shown: dict[str, Any] = {
        "first": first,
        "upload": upload,
        "state": state,
        "percent": sheets.how_far(token),
        "token": token,
    }
    if state and state.retry:
        shown["followed"] = followed_line(who, str(state.retry))
    part = "#running" if asked_by_htmx(request) and state and state.state == "running" else ""
    answer = render(request, f"imported.html{part}", shown | places(who))
    if asked_by_htmx(request) and not part:
        answer["HX-Refresh"] = "true"  # it has ended: the page says how
    return answer


def previewed(account: Account, each: Planned) -> dict[str, Any]:
    def said(value: Any) -> str:
        return said_money(account, value) if isinstance(value, Decimal) else written(value)

    changes = [(COLUMNS[one.column], said(one.before), said(one.after)) for one in each.differences]
    return {"row": each.row, "kind": each.kind, "changes": changes}


@entered
def template(request: HttpRequest) -> HttpResponse:
    """A file to fill in, as the spreadsheets of the account's country write it."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sheets.separator(access(request).account))
    writer.writerow([str(name) for name in COLUMNS.values()])
    writer.writerow([_("Faja Reductora"), "S", "FAJA-S", "109900", "52000", "40"])
    writer.writerow([_("Faja Reductora"), "M", "FAJA-M", "109900", "52000", "60"])
    writer.writerow([_("Lámpara de Sal"), "", "LAM-SAL", "59900", "21000", ""])
    return as_file(out.getvalue(), _("plantilla-de-productos.csv"))
