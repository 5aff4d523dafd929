"""Everything but /hooks, which comanda/asgi.py hands to the inbox."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []
