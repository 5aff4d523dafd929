"""What people read: builders' guides and problems' articles, in their language where there is one, else in Spanish."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from comanda.diagnosis.explain import Page
from comanda.web.language import reading

GUIDES = Path(__file__).parents[1] / "connectors"
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
LOWER = {"h2": "h3", "h3": "h4"}  # the page has a heading of its own


@dataclass(frozen=True)
class Guide:
    """Its title, the rest of it as HTML, the language of both."""

    title: str
    html: SafeString
    language: str


def guide(platform: str) -> Guide:
    return read(platform, reading())


@cache
def read(platform: str, language: str) -> Guide:
    path = GUIDES / platform / f"guide.{language}.md"
    if not path.is_file():
        path, language = GUIDES / platform / "guide.md", "es"
    title, *tokens = headed(MARKDOWN.parse(path.read_text(encoding="utf-8")))
    html = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return Guide(title.content, mark_safe(html), language)  # noqa: S308 (of our own text, without HTML in it)


def headed(tokens: list[Token]) -> list[Token]:
    """The title's text, then all that follows it, its headings a step lower."""
    for token in tokens:
        token.tag = LOWER.get(token.tag, token.tag)
    return [tokens[1], *tokens[3:]]


def markup(text: Page, language: str) -> SafeString:
    """An article as HTML, without any of its own; one in another language than the reader's says so."""
    html = mark_safe(MARKDOWN.render(text.text))  # noqa: S308 (html is off)
    return html if text.language == language else format_html('<div lang="{}">{}</div>', text.language, html)
