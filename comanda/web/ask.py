"""What is asked before something is done that is not easily undone: a window, or a page of its own without a script."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from comanda.web.frame import asked_by_htmx


@dataclass(frozen=True)
class Question:
    """What is asked, what comes of it, what the two buttons say; `where` is posted to with `fields`, `back` is no."""

    title: str
    words: str
    yes: str
    no: str
    where: str
    back: str
    fields: dict[str, str] = field(default_factory=dict)


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    return render(request, "ask.html#window" if asked_by_htmx(request) else "ask.html", {"ask": question})
