"""Ayuda: the articles that explanations point to. Anybody may read them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from markdown_it import MarkdownIt

from comanda.diagnosis.explain import article, words
from comanda.problems import CODES


def help_index(request: HttpRequest) -> HttpResponse:
    articles = sorted((words(code)["title"], code) for code in CODES)
    return render(request, "help.html", {"articles": articles})


def help_article(request: HttpRequest, code: str) -> HttpResponse:
    try:
        text = article(code)
    except KeyError:
        raise Http404 from None
    html = MarkdownIt("commonmark", {"html": False}).render(text)
    return render(request, "article.html", {"title": words(code)["title"], "html": html})
