"""What is done to one order: correct it, link its product, read it again, discard it, and take that back."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access
from comanda.accounts.masking import OPEN
from comanda.connectors.draft import Draft
from comanda.diagnosis.explain import explain
from comanda.history.models import Intake
from comanda.history.timeline import traces
from comanda.integrations import connect
from comanda.integrations.models import Integration
from comanda.repair.correct import (
    NotCorrectable,
    as_corrected,
    correct,
    correctable,
    discard,
    faults_of,
    newest_draft,
    take_back,
)
from comanda.repair.corrections import FIELDS, line_of, value_of
from comanda.repair.retry import NotRetriable, retry_one
from comanda.run import as_row
from comanda.web.corrected import corrections, stopped
from comanda.web.frame import access, done, entered
from comanda.web.language import reading
from comanda.web.mending import Typed, filled
from comanda.web.views.intake import SHOWN_ATTEMPTS, whole

REFUSED = {
    "pruned": gettext_lazy("Lo que envió la tienda ya no se conserva: no hay con qué leer el pedido de nuevo."),
    "registered": gettext_lazy("Este pedido ya está registrado: no hay nada que reintentar."),
    "duplicate": gettext_lazy("Este pedido es un duplicado: el que cuenta es el primero."),
    "order_unreadable": gettext_lazy("El pedido no se ha podido leer: no hay un dato que corregir todavía."),
    "registered_by_it": gettext_lazy("El pedido ya se registró con ese dato. Si no es el correcto, escribe otro."),
    "registered_by_choice": gettext_lazy("El pedido ya se registró con esa opción. Si no es la correcta, elige otra."),
    "nothing_to_correct": gettext_lazy("No cambiaste ningún dato."),
}


def refused(code: str) -> str:
    return str(REFUSED.get(code) or _("Ese dato no se puede corregir así."))


@entered
@require_POST
def retry(request: HttpRequest, id: str) -> HttpResponse:
    """Read it again; `anyway`: register it although a rule says not to."""
    who = access(request)
    try:
        retry_one(who, who.get(Intake, id), anyway="anyway" in request.POST)
        messages.success(request, _("El pedido se está leyendo de nuevo."))
    except NotRetriable as error:
        messages.info(request, refused(str(error)))
    return redirect("intake", id=id)


@entered
@require_POST
def mend(request: HttpRequest, id: str) -> HttpResponse:
    """Correct fields of the order, and run it again. What would not do is said at once, with what was typed."""
    who = access(request)
    found = who.get(Intake, id)
    who.change()
    if field := request.POST.get("take_back", ""):
        return undone(request, who, found, field)
    typed, town, draft = given(request.POST), request.POST.get("place", ""), newest_draft(found)
    try:
        if draft is None:
            raise NotCorrectable("order_unreadable")
        now = as_corrected(found, draft)
        changed = touched(found, now, typed, request.POST)
        if stale := changed_meanwhile(found, now, changed, request.POST):
            shown = whole(request, who, found, Typed(typed, stale, town))
            return render(request, "intake.html", shown, status=409)
        another = {"city": typed.get("city", value_of(now, "city"))} if town == "other" else {}
        chosen = kept(request.POST, draft) | changed
        empty = {} if chosen else {name: value for name, value in typed.items() if not value}  # and nothing was typed
        if faults := faults_of(found, now, empty | changed | another):
            raise NotCorrectable("value_invalid", faults=faults)
        correct(who, found, chosen)
    except NotCorrectable as error:
        if error.field in typed or error.faults:
            shown = whole(request, who, found, Typed(typed, in_words(error), town))
            return render(request, "intake.html", shown, status=400)
        messages.error(request, refused(error.code))
        return redirect("intake", id=id)
    field = next(iter(changed)) if len(changed) == 1 else ""
    done(request, _("Corregido: el pedido se está leyendo de nuevo."), undo_at(found, field), take_back=field)
    return redirect("intake", id=id)


def given(post: Mapping[str, str]) -> dict[str, str]:
    """The fields that were sent. A town that was chosen is a city and its region."""
    found = {name: str(post[name]).replace("\x00", "").strip() for name in FIELDS if name in post}
    place = post.get("place", "")
    if place and place != "other":
        found["city"], _comma, found["region"] = place.partition(", ")
    return found


def touched(intake: Intake, draft: Draft, typed: Mapping[str, str], post: Mapping[str, str]) -> dict[str, str]:
    """What a person has changed of what the form showed them, and is not so by now."""
    stands = {name: (value_of(draft, name), filled(intake, draft, name)) for name in typed}
    return {
        name: value
        for name, value in typed.items()
        if value not in (*stands[name], shown_in(post, name, stands[name][1]))
    }


def shown_in(post: Mapping[str, str], name: str, otherwise: str) -> str:
    """What the form remembers of what it showed in a field."""
    return post.get(f"was-{name}", otherwise)


def changed_meanwhile(
    intake: Intake, draft: Draft, changed: Mapping[str, str], post: Mapping[str, str]
) -> dict[str, str]:
    """Of what somebody changes, that which has been changed since the form was shown, in words."""
    now = {name: filled(intake, draft, name) for name in changed}
    said = _("Mientras tanto se cambió a «{value}». Si vale lo que escribiste, guárdalo otra vez.")
    return {name: said.format(value=value) for name, value in now.items() if shown_in(post, name, value) != value}


def kept(post: Mapping[str, str], draft: Draft) -> dict[str, str]:
    """Of a correction that no longer fits: whichever of the two values was chosen counts from now on."""
    names = [name.removeprefix("keep-") for name in post if name.startswith("keep-")]
    found = {name: post[f"keep-{name}"] for name in names if correctable(name)}
    return {name: value if value or line_of(name) is None else value_of(draft, name) for name, value in found.items()}


def in_words(error: NotCorrectable) -> dict[str, str]:
    """What is wrong with what was typed, by field."""
    if error.faults:
        return {field: explain([as_row(problem)], reading())[0].message for field, problem in error.faults.items()}
    return {error.field: refused(error.code)}


def undo_at(intake: Intake, field: str) -> str:
    """Where a correction is taken back; empty where it is to register the order, so that it would be too late at once."""
    late = not field or stopped(field, traces(intake, SHOWN_ATTEMPTS))
    return "" if late else reverse("mend", args=[intake.pk])


def undone(request: HttpRequest, who: Access, found: Intake, field: str) -> HttpResponse:
    """Not where the order was registered by it: then another value is what helps."""
    rows = corrections(found, traces(found, SHOWN_ATTEMPTS), OPEN, None)
    try:
        if not any(row.field == field and row.undo for row in rows):
            raise NotCorrectable("registered_by_it" if line_of(field) is None else "registered_by_choice", field)
        take_back(who, found, field)
        messages.success(request, _("Deshecho: cuenta otra vez lo que envía la tienda."))
    except NotCorrectable as error:
        messages.error(request, refused(error.code))
    return redirect("intake", id=found.pk)


@entered
@require_POST
def drop(request: HttpRequest, id: str) -> HttpResponse:
    """Never register it; until somebody says otherwise."""
    who = access(request)
    found = who.get(Intake, id)
    try:
        discard(who, found)
        said = _("Descartado: no se registrará, y queda en el historial.")
        done(request, said, reverse("retry", args=[found.pk]), anyway="1")
    except NotCorrectable as error:
        messages.info(request, refused(error.code))
    return redirect("intake", id=id)


@entered
@require_POST
def switch(request: HttpRequest, id: str) -> HttpResponse:
    """Switch the order's integration on, or take it out of the bin: what waits for that is read at once."""
    who = access(request)
    found = who.get(Intake, id)
    row = who.get(Integration, found.integration_id)
    acts: dict[str, Callable[[], None]] = {
        "switch_on": lambda: connect.switch(who, row, active=True),
        "switch_off": lambda: connect.switch(who, row, active=False),
        "restore": lambda: connect.restore(who, row),
        "bin": lambda: connect.bin_integration(who, row),
    }
    what = request.POST.get("do", "")
    if what not in acts:
        raise Http404
    acts[what]()
    opposite = {"switch_on": "switch_off", "restore": "bin"}.get(what, "")
    where = reverse("switch", args=[found.pk]) if opposite else ""
    done(request, SAID[what].format(name=row.name), where, do=opposite)
    return redirect("intake", id=id)


SAID = {
    "switch_on": gettext_lazy("«{name}» está en On: lo que esperaba se está leyendo."),
    "switch_off": gettext_lazy("«{name}» está en Off: lo que llegue se guarda y espera."),
    "restore": gettext_lazy("«{name}» volvió de la papelera."),
    "bin": gettext_lazy("«{name}» está en la papelera."),
}
