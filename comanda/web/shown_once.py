"""URLs that are shown once: until their page is opened they wait in the session, sealed like any secret."""

from cryptography.fernet import InvalidToken
from django.http import HttpRequest

from comanda.integrations.connect import hook_url, only_secret, shown_url
from comanda.integrations.models import Integration
from comanda.integrations.vault import seal, unseal


def keep(request: HttpRequest, row: Integration) -> None:
    """For the next page that shows the integration's URL; where it may be looked at any time, nothing is kept."""
    if only_secret(row):
        request.session[place(row)] = seal(hook_url(row))


def take(request: HttpRequest, row: Integration) -> str:
    """The URL to show now; empty where it has been shown."""
    if sealed := request.session.pop(place(row), ""):
        try:
            return unseal(sealed)
        except InvalidToken:  # its key was taken away
            return ""
    return shown_url(row)


def place(row: Integration) -> str:
    return f"url-{row.pk}"
