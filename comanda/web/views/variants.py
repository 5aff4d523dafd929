"""What one variant of the catalogue lacks, mended where it stops orders: switched on, restocked, its price or cost put right."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from comanda.accounts.preferences import POLICIES, Choices, choose
from comanda.catalogue.edit import change
from comanda.catalogue.models import Variant
from comanda.catalogue.sheet import Wrong
from comanda.repair.retry import followed
from comanda.web.cells import in_words, taken
from comanda.web.figures import written
from comanda.web.frame import access, done, entered
from comanda.web.views.linking import following, where_next

MENDED = ("price", "cost", "stock", "active")
WARNED = {
    "stock": gettext_lazy("Los pedidos se registran aunque no alcance el inventario, y te avisamos."),
    "price": gettext_lazy("Los pedidos se registran aunque el precio sea menor que el costo, y te avisamos."),
}
STOPPED = {
    "stock": gettext_lazy("Los pedidos se detienen otra vez cuando no alcanza el inventario."),
    "price": gettext_lazy("Los pedidos se detienen otra vez cuando el precio es menor que el costo."),
}


@entered
def of_product(request: HttpRequest, id: str) -> HttpResponse:
    """A variant stands on its product's page."""
    variant = access(request).get(Variant, id)
    ahead = variant.product.variants.filter(pk__lt=variant.pk).order_by("-pk").values_list("pk", flat=True).first()
    after = f"?desde={ahead}" if ahead else ""
    return redirect(reverse("product", args=[variant.product_id]) + f"{after}#variante-{variant.pk}")


@entered
@require_POST
def change_variant(request: HttpRequest, id: str) -> HttpResponse:
    """One of its fields; what waited for it runs again."""
    who = access(request)
    variant = who.get(Variant, id)
    who.change()
    after = where_next(request, reverse("product", args=[variant.product_id]))
    name = next((each for each in MENDED if each in request.POST), "")
    if not name:
        raise Http404
    try:
        value = taken(name, request.POST[name])
    except Wrong as error:
        shown = {"variant": variant, "name": name, "typed": request.POST[name], "fault": in_words(error), "next": after}
        return render(request, "variant.html", shown, status=400)
    before = written(getattr(variant, name))
    with followed(who, variant=str(variant.pk)) as retry:
        change(who, variant, {name: value}, retry)
    words = said(name, bool(value)).format(variant=variant, value=written(value))
    if name == "stock":  # pieces may have been sold since
        messages.success(request, words)
    else:
        done(request, words, undo=request.path, next=after, **{name: before})
    return redirect(following(after, retry))


def said(name: str, given: bool) -> str:
    words = {
        "price": _("El precio de {variant} es {value}."),
        "cost": _("El costo de {variant} es {value}."),
        "stock": _("El inventario de {variant} es {value}.")
        if given
        else _("El inventario de {variant} quedó anotado."),
        "active": _("{variant} está activo.") if given else _("{variant} está desactivado."),
    }
    return words[name]


@entered
@require_POST
def allow(request: HttpRequest) -> HttpResponse:
    """Let stock or prices warn only, for the whole account; what they stopped runs again."""
    who = access(request)
    who.change()
    what, policy = request.POST.get("what", ""), request.POST.get("policy", "warn")
    if what not in WARNED or policy not in POLICIES:
        raise Http404
    with followed(who, policy=what) as retry:
        choose(who, Choices(stock=policy) if what == "stock" else Choices(price=policy), retry)
    after = where_next(request, reverse("to_link"))
    if policy == "warn":
        done(request, str(WARNED[what]), undo=request.path, what=what, policy="block", next=after)
    else:
        messages.success(request, str(STOPPED[what]))
    return redirect(following(after, retry))
