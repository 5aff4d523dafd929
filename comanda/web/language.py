"""The reader's language: what they have chosen, else what their browser asks for, else Spanish."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

CODES = [code for code, _ in settings.LANGUAGES]


def chosen_language(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A middleware: somebody who is logged in reads in the language of their choice, on whatever machine."""

    def answered(request: HttpRequest) -> HttpResponse:
        user = request.user
        language = user.language if user.is_authenticated else ""
        if language in CODES and language != translation.get_language():
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return answer(request)

    return answered


def reading() -> str:
    """The language of sentences that are made of codes and facts: `es` or `en`."""
    return "en" if (translation.get_language() or "es").startswith("en") else "es"
