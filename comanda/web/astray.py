"""Whoever presses a button after their session has ended, or comes to an address that takes only forms, is led on."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _


def warn_of_an_end(request: HttpRequest) -> None:
    """What somebody sends who is no longer logged in is not done: the entrance says so."""
    if request.method == "POST" and not request.user.is_authenticated:
        messages.warning(request, _("Tu sesión terminó y eso no se guardó. Entra y hazlo otra vez."))


def led_on(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """From where only forms are taken to the page above it: one comes there by the entrance, or by reloading."""
    return redirect(above(request.path)) if answer.status_code == 405 and request.method == "GET" else answer


def above(path: str) -> str:
    """`/historial/7/` for `/historial/7/corregir/`: the nearest page that there is."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path
