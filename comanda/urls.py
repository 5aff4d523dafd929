"""Everything but /hooks, which comanda/asgi.py hands to the inbox."""

from django.urls import URLPattern, URLResolver, path

from comanda.api import api

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls)]
