"""Mapear los campos: which field is which in what a merchant's tool sends, tried on what has come, then switched on."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from babel.dates import format_datetime
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comanda.accounts.access import Access, NotFound
from comanda.accounts.region import zone
from comanda.connectors.custom.choices import named
from comanda.connectors.custom.mapping import BadMapping
from comanda.connectors.forms import document
from comanda.diagnosis.explain import Told, explain
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations import mappings
from comanda.integrations.arrivals import is_own, orders_sent
from comanda.integrations.condition import MOST
from comanda.integrations.models import Integration, Mapping
from comanda.problems import Problem
from comanda.web import fields, mapped
from comanda.web.faults import capped
from comanda.web.figures import dates
from comanda.web.frame import access, asked_by_htmx, done, entered
from comanda.web.guides import guide
from comanda.web.language import reading
from comanda.web.reasons import place, reason

TRIED = 10
SHOWN_VERSIONS = 10
SHOWN_SAMPLE = 20_000
LIVE = 100_000  # bytes of a sample beyond which the newest orders are tried only when that is asked for
EMPTY = b"{}"


@dataclass(frozen=True)
class Sample:
    """What the mapping is tried on: a delivery, or what was pasted. `fault` says why it cannot be read."""

    body: bytes
    delivery: str = ""
    pasted: str = ""
    data: Any = None
    fault: str = ""

    @property
    def key(self) -> str:
        return sha256(self.body).hexdigest()[:12] if self.pasted else self.delivery


@entered
def fields_of(request: HttpRequest, id: str) -> HttpResponse:
    """A GET shows the mapping in use, a version of it, or a proposal; a POST does what its button says."""
    who = access(request)
    row = who.get(Integration, id)
    if not row.connector.mappable:
        raise Http404
    if request.method == "POST":
        who.change()
        acts = {"back": back, "forget": forget}
        if act := acts.get(request.POST.get("do", "")):
            return act(request, who, row)
    sample = sample_of(request, who, row) if who.writes else None
    mapping = mapping_of(request, who, row, sample)
    told = look(request, row, mapping, sample)
    if request.method == "POST" and request.POST.get("do") == "save":
        return save(request, who, row, mapping, told)
    if asked_by_htmx(request):
        return render(request, "map.html#live", told | {"live": True})
    return render(request, "map.html", told | beside(who, row, sample))


# What is looked at


def sample_of(request: HttpRequest, who: Access, row: Integration) -> Sample | None:
    """What was pasted, the delivery that was chosen if it is still kept, else the newest; None where nothing has come."""
    source = request.POST if request.method == "POST" else request.GET
    pasted, chosen = request.POST.get("sample", "").strip(), source.get("pedido", "")
    if pasted:
        body = pasted.encode("utf-8", "replace")[: settings.BODY_LIMIT]
        return decoded(Sample(body, pasted=pasted))
    delivery = sent_by(who, row, chosen) or next(mappings.latest(row, 1), None)
    return decoded(Sample(bytes(delivery.body), delivery=str(delivery.pk))) if delivery else None


def sent_by(who: Access, row: Integration, chosen: str) -> Delivery | None:
    if not chosen:
        return None
    try:
        found = who.get(Delivery, chosen)
    except NotFound:  # it may have been pruned
        return None
    return found if found.integration_id == row.pk and is_own(found) else None


def decoded(sample: Sample) -> Sample:
    try:
        return Sample(sample.body, sample.delivery, sample.pasted, document(sample.body))
    except Problem as problem:
        return Sample(sample.body, sample.delivery, sample.pasted, fault=reason(str(problem.facts.get("reason"))))


def mapping_of(request: HttpRequest, who: Access, row: Integration, sample: Sample | None) -> dict[str, Any]:
    """What the form holds; else the version that is asked for, the mapping in use, or what Comanda proposes."""
    if request.method == "POST" and request.POST.get("do") != "propose":
        return mapped.typed(request.POST)
    if version := request.GET.get("version"):
        return dict(version_of(who, row, version).mapping)
    if row.mapping and request.POST.get("do") != "propose":
        return dict(row.mapping)
    return mappings.preview(row, None, sample.body).mapping if sample and not sample.fault else {}


def version_of(who: Access, row: Integration, given: str) -> Mapping:
    found = who.rows(Mapping).filter(integration=row)
    mine = found.filter(version=int(given)).first() if given.isdecimal() and len(given) < 9 else None
    if mine is None:
        raise Http404
    return mine


def look(request: HttpRequest, row: Integration, mapping: dict[str, Any], sample: Sample | None) -> dict[str, Any]:
    """The rows with what they give on the sample, the order as it would be read, what would stop it, how the newest fare."""
    known = sample is not None and not sample.fault
    seen = mappings.preview(row, mapping, sample.body if sample and known else EMPTY)
    if not known:
        seen.problems = mappings.compile_what_can_be(mapping)[1]
    found = mapped.rows(row, mapping, sample.data if sample else None, seen)
    stops = foreseen(row, seen) if known else []
    told = {"row": row, "connector": row.connector, "sample": sample, "mapping": mapping, **mapped.grouped(found)}
    told |= {"ready": not seen.problems and not (sample and sample.fault), "order": seen.order, "stops": stops}
    told |= {"seen": ",".join(each.code for each in stops), "redraw": redraw(request, sample, mapping)}
    told["paths"] = named(sample.data) if sample else []
    told |= {
        "problems": [(fields.label(mapped.field_of(each)), reason(each.message), place(each)) for each in seen.problems]
    }
    asked = request.POST.get("do") == "try" or (sample is not None and len(sample.body) <= LIVE)
    return told | tried(row, mapping, asked=asked and not seen.problems)


def redraw(request: HttpRequest, sample: Sample | None, mapping: dict[str, Any]) -> str:
    """Which fields are drawn anew while somebody types, because what they offer has changed: fields, lines or none."""
    if (sample.key if sample else "") != request.POST.get("drawn_sample", ""):
        return "fields"
    return "lines" if mapping.get("lines", "") != request.POST.get("drawn_lines", "") else ""


def foreseen(row: Integration, seen: mappings.Preview) -> list[Told]:
    problems = mappings.foreseen(row, seen.order) if seen.order else []
    return explain([{"code": each.code, "subject": "", "facts": each.facts} for each in problems], reading())


def tried(row: Integration, mapping: dict[str, Any], *, asked: bool) -> dict[str, Any]:
    """How the newest orders fare: how many are read, and why the others are not."""
    if not asked:
        return {"tried": None}
    found = mappings.try_on(row, mapping, TRIED)
    fails = [(fields.label(each.path), reason(each.reason), each.delivery) for each in found if each.reason]
    stopped = sum(bool(each.stopped) for each in found if not each.reason)
    return {"tried": found, "fails": fails, "read": len(found) - len(fails), "stopped": stopped}


def beside(who: Access, row: Integration, sample: Sample | None) -> dict[str, Any]:
    """What stands around the form: the samples that there are, the versions, how many orders wait, who may change them."""
    found = [(str(each.pk), called(row, each, intake)) for each, intake in orders_sent(row)] if who.writes else []
    shown = msgspec.json.format(msgspec.json.encode(sample.data)).decode()[:SHOWN_SAMPLE] if sample else ""
    versions = who.rows(Mapping).filter(integration=row).order_by("-version")[:SHOWN_VERSIONS]
    told = {"samples": found, "elsewhere": elsewhere(sample, found), "shown": shown, "writes": who.writes}
    told["waiting"] = capped(mappings.awaited(row, MOST))
    told["guide"] = guide("custom")  # it says how expressions are written
    told["versions"] = [(each, author(each.author), each.version == row.mapping_version) for each in versions]
    return told


def called(row: Integration, delivery: Delivery, intake: Intake | None) -> str:
    """`#1042 · 23 nov, 10:15`, in the account's zone."""
    number = (intake.number or _("Sin número")) if intake else _("Versión anterior")
    there, language = zone(row.account), dates(row.account)
    return f"{number} · {format_datetime(delivery.received_at, 'd MMM, HH:mm', tzinfo=there, locale=language)}"


def elsewhere(sample: Sample | None, found: list[tuple[str, str]]) -> str:
    """The delivery that is looked at, where it is none of the newest."""
    return sample.delivery if sample and sample.delivery not in dict(found) else ""


def author(actor: str) -> str:
    """`user:3 ana@example.com` → `ana@example.com`."""
    kind, _space, name = actor.partition(" ")
    if kind.startswith("token:"):
        return _("API, {name}").format(name=name)
    return name or _("quien opera Comanda")


# What is done


def save(
    request: HttpRequest, who: Access, row: Integration, mapping: dict[str, Any], told: dict[str, Any]
) -> HttpResponse:
    """Switch it on, unless something is wrong, or would be stopped afterwards and nobody has been told so yet."""
    known = set(request.POST.get("seen", "").split(","))
    told |= {"warned": bool(told["ready"] and {each.code for each in told["stops"]} - known)}
    if not told["ready"] or told["warned"]:
        told |= {"refused": not told["ready"], **beside(who, row, told["sample"])}
        return render(request, "map.html", told, status=400 if told["refused"] else 200)
    return switched(request, row, mappings.switch_on(who, row, mapping))


def switched(request: HttpRequest, row: Integration, count: int) -> HttpResponse:
    """Say how many are read again; the version before is one press away."""
    words = ngettext(
        "El mapeo está encendido: {count} pedido se lee de nuevo.",
        "El mapeo está encendido: {count} pedidos se leen de nuevo.",
        count,
    )
    said = words.format(count=count) if count else _("El mapeo está encendido.")
    undo = {"do": "back", "version": str(row.mapping_version)} if row.mapping else {"do": "forget"}
    done(request, said, undo=reverse("map", args=[row.pk]), **undo)
    return redirect("connected", id=row.pk)


def back(request: HttpRequest, who: Access, row: Integration) -> HttpResponse:
    """Use an earlier version again, as a new one."""
    chosen = version_of(who, row, request.POST.get("version", ""))
    try:
        return switched(request, row, mappings.switch_on(who, row, chosen.mapping))
    except BadMapping:  # of a time when more was allowed: it is shown, with what is wrong
        return redirect(reverse("map", args=[row.pk]) + f"?version={chosen.version}")


def forget(request: HttpRequest, who: Access, row: Integration) -> HttpResponse:
    """Read Comanda's own format again."""
    undo = {"do": "back", "version": str(row.mapping_version)} if row.mapping else {}
    mappings.forget(who, row)
    words = _("Sin mapeo: se lee el formato de Comanda.")
    done(request, words, undo=reverse("map", args=[row.pk]) if undo else "", **undo)
    return redirect("connected", id=row.pk)
