"""Configuraciones › Negocio: what an account chooses."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from comanda.accounts.preferences import Choices, NotChoosable, choose, shown
from comanda.web.frame import CHOSEN, access, entered


@entered
@require_POST
def choose_account(request: HttpRequest) -> HttpResponse:
    """Look at another of one's accounts."""
    if request.POST.get("account", "").isdecimal():
        request.session[CHOSEN] = int(request.POST["account"])
    return redirect("home")


@entered
def preferences(request: HttpRequest) -> HttpResponse:
    who, fault = access(request), ""
    if request.method == "POST":
        names = [line.strip() for line in request.POST.get("cod_methods", "").splitlines() if line.strip()]
        minutes = request.POST.get("group_minutes", "0")
        chosen = Choices(
            stock=request.POST.get("stock"),
            price=request.POST.get("price"),
            cod_methods=names,
            group_minutes=int(minutes) if minutes.isdecimal() and len(minutes) < 6 else 0,
        )
        try:
            choose(who, chosen)
            messages.success(request, "Guardado.")
            return redirect("preferences")
        except NotChoosable as error:
            fault = f"Revisa este dato: {error.field}."
    found = shown(who.account)
    found["names"] = "\n".join(found["cod_methods"])
    return render(request, "preferences.html", {"chosen": found, "fault": fault}, status=400 if fault else 200)
