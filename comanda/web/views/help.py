"""Ayuda: the articles that explanations point to, and the guides of the builders. Anybody may read them."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy, pgettext_lazy

from comanda.accounts.access import Access
from comanda.connectors import CONNECTORS
from comanda.connectors.reading import fold
from comanda.diagnosis.explain import article, words
from comanda.history.models import Problem
from comanda.problems import CODES, STEPS
from comanda.web.frame import entering
from comanda.web.guides import guide as guide_of
from comanda.web.guides import markup
from comanda.web.language import reading
from comanda.web.mending import orders_of
from comanda.web.words import called

# Of each step: what a merchant would say has happened.
GROUPS: dict[str, str | Promise] = {
    "receive": gettext_lazy("El pedido no entró, o está en espera"),
    "verify": gettext_lazy("No se pudo comprobar que viene de tu tienda"),
    "fetch": gettext_lazy("La tienda avisó, pero no entregó el pedido"),
    "read": gettext_lazy("El pedido no se entiende, o no es para registrar"),
    "check": gettext_lazy("Falta o falla un dato del cliente o del pago"),
    "match": gettext_lazy("No se sabe qué producto despachar"),
    "register": gettext_lazy("El pedido ya estaba"),
    "forward": pgettext_lazy("ayuda", "El pedido no llegó a su destino"),
}


@dataclass(frozen=True)
class Entry:
    """An article in the index: where it is, its title, the sentence that it explains."""

    code: str
    title: str
    said: str


def entry(code: str) -> Entry:
    found, english = words(code), reading() == "en"
    said = found["todo_en" if english else "todo_es"]
    return Entry(code, found["title_en" if english else "title"], "" if "{" in said else said)


def group(step: str) -> list[Entry]:
    return sorted((entry(code) for code in CODES if CODES[code].step == step), key=lambda each: fold(each.title))


def help_index(request: HttpRequest) -> HttpResponse:
    """`?q=` narrows it to the articles and guides that have all of these words."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    groups = [(GROUPS[step], [each for each in group(step) if has(q, text_of(each))]) for step in STEPS]
    guides = [each for each in CONNECTORS.values() if has(q, f"{called(each)} {strip_tags(guide_of(each.name).html)}")]
    shown = {"groups": [each for each in groups if each[1]], "guides": guides, "asked": q}
    return render(request, "help.html", shown)


def text_of(each: Entry) -> str:
    return f"{each.title} {words(each.code)[reading()]} {each.said} {article(each.code, reading()).text}"


def has(q: str, text: str) -> bool:
    """Every word, however it is accented."""
    folded = fold(text)
    return all(word in folded for word in fold(q).split())


def help_article(request: HttpRequest, code: str) -> HttpResponse:
    try:
        text = article(code, reading())
    except KeyError:
        raise Http404 from None
    step = CODES[code].step
    near = group(step)
    here = next(number for number, each in enumerate(near) if each.code == code)
    shown = {
        "title": entry(code).title,
        "code": code,
        "html": markup(text, reading()),
        "group": GROUPS[step],
        "before": near[here - 1] if here else None,
        "after": near[here + 1] if here + 1 < len(near) else None,
        "related": [each for each in near if each.code != code][:6],
        "mine": happening(request, code),
    }
    return render(request, "article.html", shown)


def happening(request: HttpRequest, code: str) -> dict[str, Any] | None:
    """How many of the reader's orders have this problem now; None for somebody who is not logged in."""
    who: Access | None = entering(request) if request.user.is_authenticated else None
    if who is None:
        return None
    count, shown = orders_of(who.rows(Problem).filter(code=code))
    return {"count": count, "shown": shown}


def guide(request: HttpRequest, platform: str) -> HttpResponse:
    """How a builder is connected, for whoever wants to read before they begin."""
    if platform not in CONNECTORS:
        raise Http404
    builder = CONNECTORS[platform]
    others = [each for each in CONNECTORS.values() if each.name != platform]
    return render(request, "help_guide.html", {"builder": builder, "guide": guide_of(platform), "others": others})
