"""The builders' own guides, in the reader's language where there is one, else in Spanish."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from comanda.web.language import reading

GUIDES = Path(__file__).parents[1] / "connectors"
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
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    title, *tokens = headed(markdown.parse(path.read_text(encoding="utf-8")))
    html = markdown.renderer.render(tokens, markdown.options, {})
    return Guide(title.content, mark_safe(html), language)  # noqa: S308 (of our own text, without HTML in it)


def headed(tokens: list[Token]) -> list[Token]:
    """The title's text, then all that follows it, its headings a step lower."""
    for token in tokens:
        token.tag = LOWER.get(token.tag, token.tag)
    return [tokens[1], *tokens[3:]]
