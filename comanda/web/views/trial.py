"""Enviar pedido de prueba: a test order goes the whole way while somebody looks on, and is never registered."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from comanda.accounts.access import Access, NotFound
from comanda.accounts.masking import OPEN
from comanda.diagnosis.explain import NAMED, STEP_LABELS, explain
from comanda.history import timeline
from comanda.history.models import Intake
from comanda.history.veil import drawn
from comanda.inbox.models import Delivery
from comanda.integrations.connect import only_secret
from comanda.integrations.models import Integration
from comanda.integrations.trial import NotTriable, send_trial
from comanda.web.frame import access, asked_by_htmx, entered
from comanda.web.language import reading
from comanda.web.mending import where
from comanda.web.views.connecting import UNCHANGED


@entered
def trial(request: HttpRequest, id: str) -> HttpResponse:
    """A POST sends one; the page of it waits, looks again every two seconds, and shows its six steps."""
    who = access(request)
    row = who.get(Integration, id)
    if request.method == "POST":
        return sent(request, who, row)
    delivery = who.get(Delivery, request.GET.get("entrega", ""))
    if delivery.integration_id != row.pk:
        raise NotFound("delivery")
    found = progress(who, row, delivery)
    if asked_by_htmx(request) and not found["done"]:
        return HttpResponse(status=UNCHANGED)
    return render(request, "trial.html#progress" if asked_by_htmx(request) else "trial.html", found)


def sent(request: HttpRequest, who: Access, row: Integration) -> HttpResponse:
    who.change()
    if row.binned_at:
        messages.error(request, _("Está en la papelera: restáurala para probarla."))
        return redirect("connected", id=row.pk)
    try:
        delivery = send_trial(who, row)
    except NotTriable as error:
        messages.error(request, refusal(error.reason))
        return redirect(reverse("connected", args=[row.pk]) + ("#clave" if error.reason == "no_secret" else ""))
    return redirect(reverse("try", args=[row.pk]) + f"?entrega={delivery}")


def refusal(reason: str) -> str:
    words = {
        "no_secret": _("Falta la clave: sin ella no hay con qué firmar el pedido de prueba. Agrégala aquí."),
        "no_sample": _("Todavía no llega ningún pedido que se pueda repetir: haz una compra en tu página."),
    }
    return words.get(reason, _("No se pudo enviar el pedido de prueba: la clave no sirve para firmarlo. Revísala."))


def progress(who: Access, row: Integration, delivery: Delivery) -> dict[str, Any]:
    """The steps as far as they have come; before the worker has taken it, six that wait."""
    language = reading()
    intake = Intake.objects.filter(delivery_id=delivery.pk).first()
    found = timeline.traces(intake, 1) if intake else []
    if intake is None or not found:
        steps = [{"label": STEP_LABELS[language][name], "status": ""} for name in timeline.JOURNEY]
        return {"row": row, "delivery": delivery, "steps": steps, "done": False}
    veil = drawn(intake, found) if who.masks else OPEN
    (run,) = timeline.attempts(found, language, veil)
    problems = timeline.rows([each for each in intake.problem_rows.all() if each.code != "test_order"])
    told = explain(map(veil.problem, problems), language, NAMED)
    shown = {"row": row, "delivery": delivery, "intake": intake, "run": run, "steps": run["steps"], "done": True}
    shown |= {"passed": all(step["status"] == "ok" for step in run["steps"]), "signed": not only_secret(row)}
    return shown | {"told": [(each, where(each.action, intake)) for each in told]}
