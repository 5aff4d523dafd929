"""Secrets that are shown once (a URL, a token, an invitation's link): until their page is opened they wait in the session,
sealed like any secret. So a form that makes one leads on to a page, which may be loaded again and makes no other."""

from cryptography.fernet import InvalidToken
from django.http import HttpRequest

from comanda.integrations.connect import hook_url, only_secret, shown_url
from comanda.integrations.models import Integration
from comanda.integrations.vault import seal, unseal


def keep(request: HttpRequest, place: str, secret: str) -> None:
    request.session[place] = seal(secret)


def take(request: HttpRequest, place: str) -> str:
    """The secret to show now; empty where it has been shown."""
    if sealed := request.session.pop(place, ""):
        try:
            return unseal(sealed)
        except InvalidToken:  # its key was taken away
            return ""
    return ""


def keep_url(request: HttpRequest, row: Integration) -> None:
    """For the next page that shows the integration's URL; where it may be looked at any time, nothing is kept."""
    if only_secret(row):
        keep(request, f"url-{row.pk}", hook_url(row))


def take_url(request: HttpRequest, row: Integration) -> str:
    return take(request, f"url-{row.pk}") or shown_url(row)
