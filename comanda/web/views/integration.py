"""One integration: its name and store, its URL, its keys, how it proves itself, what has come of late."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from comanda.accounts.access import Access
from comanda.history.models import Intake
from comanda.history.veil import veil_rows
from comanda.inbox.models import HELD, IGNORED, PENDING, QUARANTINED, TRIAL, Delivery
from comanda.integrations import connect
from comanda.integrations.arrivals import newest
from comanda.integrations.condition import Condition, conditions, looked_into, twins
from comanda.integrations.models import Integration, IntegrationSecret
from comanda.web import proofs, shown_once
from comanda.web.faults import shown
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.guides import guide
from comanda.web.views.connecting import UNCHANGED, Start, check, keep_data, saved, typed
from comanda.web.words import status, tag


@dataclass
class Form:
    """What was typed into the page's forms, where something was wrong with it."""

    start: Start | None = None
    proof: proofs.Proof | None = None

    @property
    def wrong(self) -> bool:
        return bool(self.start or self.proof)


# What the form for a key is open for.
PROVED_WRONG = ("no_secret", "quarantined", "unasked")

Act = Callable[[HttpRequest, Access, Integration, Form], str]


@entered
def connected(request: HttpRequest, id: str) -> HttpResponse:
    """The page; what is changed on it is posted to it, and leads back to the part that was changed."""
    who, form = access(request), Form()
    row = who.get(Integration, id)
    if request.method == "POST":
        who.change()
        act = ACTS.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        place = act(request, who, row, form)
        if not form.wrong:
            return redirect(reverse("connected", args=[row.pk]) + place)
    latest = listed(who, row)
    seen = "-".join(each.mark for each in latest)[-60:]
    if asked_by_htmx(request):
        if request.GET.get("visto") == seen:
            return HttpResponse(status=UNCHANGED)
        return render(request, "connected.html#latest", {"row": row, "latest": latest, "seen": seen})
    told = about(request, who, row, form) | {"latest": latest, "seen": seen}
    return render(request, "connected.html", told, status=400 if form.wrong else 200)


def about(request: HttpRequest, who: Access, row: Integration, form: Form) -> dict[str, Any]:
    """All that the page shows but what came of late."""
    same = conditions(who.rows(Integration).filter(platform=row.platform, binned_at=None))
    mine = next((each for each in same if each.row.pk == row.pk), None) or Condition(row, None, 0, [])
    found = shown(looked_into(mine)) | {
        "row": row,
        "connector": row.connector,
        "guide": guide(row.platform),
        "writes": who.writes,
    }
    found |= {"start": form.start or Start(row.name, row.store_key), "proof": form.proof or proofs.holding(row)}
    found |= {"kinds": proofs.KINDS, "algorithms": proofs.ALGORITHMS, "encodings": proofs.ENCODINGS}
    if who.writes:
        found |= {"url": shown_once.take_url(request, row), "once": connect.only_secret(row)}
        found |= {"keys": row.secrets.order_by("id"), "way": proofs.words(row) if row.connector.mappable else ""}
        found["former"] = row.former_urls.filter(until__gt=timezone.now()).exists()
        found["open_proof"] = bool(form.proof) or any(each.code in PROVED_WRONG for each in found["faults"])
    return found | {"twin": next((each.row for each in same if twins(row, each.row)), None)}


# What is done


def save_data(request: HttpRequest, who: Access, row: Integration, form: Form) -> str:
    start = typed(request)
    if not check(who, row.connector, start, again=True, own=row):
        form.start = start
        return ""
    keep_data(who, row, start)
    messages.success(request, _("Guardado."))
    return "#datos"


def new_url(request: HttpRequest, who: Access, row: Integration, form: Form) -> str:
    connect.rotate(who, row)
    shown_once.keep_url(request, row)
    messages.success(request, _("La URL es otra: pégala en tu tienda. La anterior sirve un día más."))
    return "#url"


def end_former(request: HttpRequest, who: Access, row: Integration, form: Form) -> str:
    connect.end_former(who, row)
    messages.success(request, _("Las URL anteriores ya no reciben nada."))
    return "#url"


def save_proof(request: HttpRequest, who: Access, row: Integration, form: Form) -> str:
    proof = proofs.given(request.POST)
    freed = proofs.save(who, row, proof)
    if proof.faults:
        form.proof = proof
        return ""
    messages.success(request, saved(freed) if proof.secret else _("Guardado."))
    return "#clave"


def remove_key(request: HttpRequest, who: Access, row: Integration, form: Form) -> str:
    given = request.POST.get("key", "")
    key = row.secrets.filter(pk=int(given)).first() if given.isdecimal() and len(given) < 19 else None
    if not isinstance(key, IntegrationSecret):
        raise Http404
    connect.remove_secret(who, row, key)
    messages.success(request, _("La clave ya no vale."))
    return "#clave"


ACTS: dict[str, Act] = {
    "data": save_data,
    "rotate": new_url,
    "end_former": end_former,
    "proof": save_proof,
    "unkey": remove_key,
}


# What has come of late


@dataclass(frozen=True)
class Came:
    """A request of the store, and what became of it."""

    delivery: Delivery
    intake: Intake | None
    state: SafeString = field(compare=False)
    trial: bool

    @property
    def mark(self) -> str:
        return f"{self.delivery.pk.hex[-6:]}{self.delivery.state[:1]}{self.intake.status[:2] if self.intake else ''}"


def listed(who: Access, row: Integration) -> list[Came]:
    found = newest(row)
    veil_rows(who, [intake for _, intake in found if intake])
    return [Came(each, intake, state(each, intake), each.key.startswith(TRIAL)) for each, intake in found]


def state(delivery: Delivery, intake: Intake | None) -> SafeString:
    if delivery.state == QUARANTINED:
        missing = delivery.reason == "signature_missing"
        return tag(_("Sin firma") if missing else _("Firma que no coincide"), "x", "bad")
    if delivery.state == IGNORED:
        words = {"ping": _("Prueba de conexión"), "duplicate": _("Repetido")}
        return tag(words.get(delivery.reason, _("No es un pedido")), "circle-dashed", "dim")
    if intake and delivery.state != PENDING:
        return status(intake.status)
    if delivery.state == HELD:
        return status("held")
    return (
        tag(_("Por leer"), "clock", "wait")
        if delivery.state == PENDING
        else tag(_("Versión anterior"), "layers", "dim")
    )
