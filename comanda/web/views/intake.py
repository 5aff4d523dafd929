"""One order of the history: what happened, its steps and the window of each, its Historia, what it says in the raw."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from comanda.accounts.access import Access
from comanda.accounts.masking import Veil
from comanda.diagnosis.explain import words
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.timeline import Trace, shown, steps_of, traces
from comanda.inbox.models import HELD, PENDING, Delivery
from comanda.orders.models import Order, OrderPart
from comanda.repair.correct import newest_draft
from comanda.web import notes
from comanda.web.buyer import buyer
from comanda.web.corrected import corrections
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.language import reading
from comanda.web.mending import Typed, fields, mending
from comanda.web.reveal import is_masked, reveal, veil_over
from comanda.web.story import WHY, news, siblings, story
from comanda.web.views.registering import asked_line
from comanda.web.words import STEPS

SHOWN_ATTEMPTS = 20  # that the Historia tells of
FOLDED = 3  # whose steps are on the page
MOST_ATTEMPTS = 200
MOST_TEXT = 60_000  # characters of a body that a page shows; the whole of it can be downloaded
MENDABLE = ("failed", "review", "unpaid", "held", "registered")
UNDERWAY = ("pending", "retrying", "forwarding")


@entered
def intake(request: HttpRequest, id: str) -> HttpResponse:
    """One order: what happened, its steps, its history. While it is being read, the page asks for its parts again."""
    who = access(request)
    found = who.get(Intake, id)
    return render(request, "intake.html#parts" if asked_by_htmx(request) else "intake.html", whole(request, who, found))


def whole(
    request: HttpRequest,
    who: Access,
    found: Intake,
    typed: Typed = Typed(),  # noqa: B008 (frozen)
) -> dict[str, Any]:
    """All that the page shows; `typed`: of a correction that was not taken."""
    every = "todos" in request.GET
    attempts = traces(found, MOST_ATTEMPTS if every else SHOWN_ATTEMPTS)
    order, newest = order_of(found), delivery_of(found)
    veil = veil_over(request, who, found, attempts, order)
    waiting = is_waiting(found, newest) and not typed.values  # nothing takes the place of what was typed
    runs = [run_shown(each, found, veil) for each in attempts]
    problems = [] if waiting else problems_of(found)
    draft = newest_draft(found) if who.writes and newest and not waiting and found.status in MENDABLE else None
    return {
        "intake": found,
        "external_id": veil.text(found.external_id),
        "number": veil.text(found.number),
        "name": veil.field("name", found.customer_name),
        "masked": veil.on,
        "revealed": who.masks and not veil.on,
        "waiting": waiting,
        "kept": newest is not None,
        "followed": asked_line(request) if who.writes else None,
        "mending": mending(who if newest else reader(who), found, problems, veil, typed),
        "editable": fields(found, draft, typed) if draft else [],
        "faults": typed.faults,
        "latest": runs[0] if runs else None,
        "runs": runs[1:] if every else runs[1:FOLDED],
        "earlier": 0 if every else max(0, found.attempts - FOLDED),
        "untold": found.attempts > len(attempts),
        "buyer": buyer(found, order, attempts, veil),
        "lines": veil.any(json.loads(found.lines)),
        "order": order,
        "rounding": rounding(order) if order else 0,
        "parts": parts(order, veil) if order else [],
        "corrections": corrections(found, attempts, veil, request.user.pk),
        "days": story(who, found, attempts, veil, request.user.pk),
        "siblings": siblings(who, found),
        "deliveries": deliveries(found, attempts),
    }


def parts(order: Order, veil: Veil) -> list[OrderPart]:
    """What it was made of, to be shown and never saved."""
    found = list(order.parts.all())
    for part in found:
        part.number = veil.text(part.number)
    return found


def rounding(order: Order) -> Decimal:
    """What is lost where a pack's price does not divide into cents, at most one for each piece; a sum that is off by more is
    another matter."""
    lines = list(order.lines.all())
    missing = order.subtotal - sum(line.amount for line in lines)
    return missing if abs(missing) <= sum(line.quantity for line in lines) * Decimal("0.01") else Decimal(0)


def order_of(intake: Intake) -> Order | None:
    """The order that this intake registered, alone or as a part of it."""
    if intake.key_id is None:
        return None
    mine = Order.objects.filter(account_id=intake.account_id).prefetch_related("lines")
    return mine.filter(Q(key_id=intake.key_id) | Q(parts__key_id=intake.key_id)).first()


def delivery_of(intake: Intake) -> Delivery | None:
    """The newest version of the order, without its body; None where it is no longer kept."""
    return delivery(intake, intake.delivery_id, "body", "headers")


def delivery(intake: Intake, id_: Any, *unasked: str) -> Delivery | None:
    return Delivery.objects.filter(account_id=intake.account_id).defer(*unasked).filter(pk=id_).first() if id_ else None


def is_waiting(intake: Intake, delivery: Delivery | None) -> bool:
    """Whether a worker is about to read it: then what is known of it is no longer true."""
    if delivery and delivery.state == HELD and intake.integration.ready:
        return True
    return intake.status in UNDERWAY or bool(delivery and delivery.state == PENDING)


def problems_of(intake: Intake) -> list[dict[str, Any]]:
    """What stands in its way. What was discarded has its cause alone until a worker has read it again."""
    found = timeline.rows(list(intake.problem_rows.order_by("id")))
    if not found and intake.cause:
        found = [{"code": intake.cause, "subject": "", "facts": {}}]
    return found


def run_shown(trace: Trace, intake: Intake, veil: Veil) -> dict[str, Any]:
    """An attempt with a few words for each of its steps."""
    run, done = shown(trace, None, reading(), veil), steps_of(trace.data)
    draft = veil.draft(trace.draft)
    for step in run["steps"]:
        problems = done.get(step["step"], {}).get("problems", []) if step["step"] != "verify" else []
        titles = dict.fromkeys(title(problem["code"]) for problem in problems)
        word, icon, tone = STEPS[step["status"]]
        step |= {"note": notes.note(step, intake, list(titles), draft), "word": word, "icon": icon, "tone": tone}
        step["took"] = notes.took(step["ms"], intake.account) if step["step"] != "verify" else ""
    return run | {
        "why": WHY.get(run["trigger"], ""),
        "took": notes.took(sum(step["ms"] or 0 for step in run["steps"]), intake.account),
    }


def title(code: str) -> str:
    return words(code)["title" if reading() == "es" else "title_en"]


def deliveries(intake: Intake, attempts: Sequence[Trace]) -> list[dict[str, Any]]:
    """What arrived for this order: each delivery with the last attempt that read it, the newest first."""
    kept = set(
        Delivery.objects.filter(pk__in={each.attempt.delivery_id for each in attempts}).values_list("pk", flat=True)
    )
    found: dict[Any, dict[str, Any]] = {}
    counts = counting(intake, attempts)
    for each in attempts:
        id_, output = each.attempt.delivery_id, each.step("receive").get("output") or {}
        found.setdefault(
            id_,
            {
                "id": id_,
                "attempt": each.attempt.number,
                "topic": each.data["topic"],
                "said": news(each),
                "at": output.get("received_at"),
                "kept": id_ in kept,
                "counts": id_ == counts,
                "waits": id_ == intake.delivery_id,
            },
        )
    if found and intake.attempts <= len(attempts):
        found[attempts[-1].attempt.delivery_id]["said"] = _("El pedido, como llegó")
    return list(found.values())


def counting(intake: Intake, attempts: Sequence[Trace]) -> Any:
    """The delivery that counts: the newest; while that is a change that waits, the last one that was registered."""
    if intake.cause != "update_problem":
        return intake.delivery_id
    return next((each.attempt.delivery_id for each in attempts if each.data.get("registered")), None)


def attempt_of(intake: Intake, number: int) -> Trace:
    found = traces(intake, 1, number)
    if not found:
        raise Http404
    return found[0]


@entered
def step(request: HttpRequest, id: str, attempt: int, step: str) -> HttpResponse:
    """The window of one step: what went in, what came out; a page of its own without JavaScript."""
    who = access(request)
    found = who.get(Intake, id)
    trace = attempt_of(found, attempt)
    veil = veil_over(request, who, found, [trace])
    run = shown(trace, delivery(found, trace.attempt.delivery_id), reading(), veil)
    here = next((each for each in run["steps"] if each["step"] == step), None)
    if here is None:
        raise Http404
    done = steps_of(trace.data).get(step, {}) if step != "verify" else {}
    current = attempt == found.attempts and not is_waiting(found, delivery_of(found))
    problems = done.get("problems", [])
    side = "entrada" if request.GET.get("lado") == "entrada" else "salida"
    value = (
        here["input"] if side == "entrada" else {"problems": [veil.problem(each) for each in problems], **output(here)}
    )
    readable = notes.given(here, found.account) if side == "entrada" else notes.given_out(here, found)
    shows = {
        "intake": found,
        "number": veil.text(found.number),
        "attempt": attempt,
        "step": here,
        "side": side,
        "masked": veil.on,
        "current": current,
        "mending": mending(who, found, problems, veil) if current else mending(reader(who), found, problems, veil),
        "readable": readable.through(veil),
        "known": side == "salida" or value is not None,
        **in_full(value),
    }
    return render(request, "step.html#window" if asked_by_htmx(request) else "step.html", shows)


def output(step: Mapping[str, Any]) -> dict[str, Any]:
    return {"output": step["output"]}


def reader(who: Access) -> Access:
    """Of an attempt that is over, the words alone: there is nothing to mend in it."""
    return Access(who.accounts, who.actor, writes=False)


def in_full(value: Any) -> dict[str, Any]:
    """The technical detail, as text; cut where it would be too much for a page."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
    return {"text": text[:MOST_TEXT], "cut": len(text) > MOST_TEXT}


@entered
def original(request: HttpRequest, id: str) -> HttpResponse:
    """What the store sent, as it came: the newest version's body and the headers that are kept."""
    who = access(request)
    found = who.get(Intake, id)
    newest = delivery(found, found.delivery_id)
    attempts = [each for each in traces(found, SHOWN_ATTEMPTS) if each.attempt.delivery_id == found.delivery_id]
    veil = veil_over(request, who, found, attempts)
    headers = veil.any(timeline.headers(newest))
    shows = {"intake": found, "number": veil.text(found.number), "delivery": newest, "headers": headers}
    shows["masked"] = veil.on
    shows |= in_full(veil.body(timeline.body(newest)))
    return render(request, "original.html#original" if asked_by_htmx(request) else "original.html", shows)


@entered
def download(request: HttpRequest, id: str, attempt: int) -> HttpResponse:
    """An attempt with all its steps, as JSON."""
    who = access(request)
    found = who.get(Intake, id)
    trace = attempt_of(found, attempt)
    sent = delivery(found, trace.attempt.delivery_id)
    veil = veil_over(request, who, found, [trace])
    run = shown(trace, sent, reading(), veil)
    text = json.dumps(run, ensure_ascii=False, indent=2, cls=DjangoJSONEncoder)
    answer = HttpResponse(text, content_type="application/json")
    name = f"{slugify(veil.text(found.number)) or found.pk}-{attempt}.json"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@entered
@require_POST
def show_buyer(request: HttpRequest, id: str) -> HttpResponse:
    """Show a buyer's data to somebody who only reads; that is written down in the account."""
    who = access(request)
    found = who.get(Intake, id)
    if is_masked(request, who, found):
        reveal(request, who, found)
    here, back = reverse("intake", args=[found.pk]), request.POST.get("back", "")
    return redirect(back if back.startswith(here) else here)
