"""Everything but /hooks, which comanda/asgi.py hands to the inbox."""

from django.urls import URLPattern, URLResolver, path

from comanda.api import api
from comanda.web import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home),
    path("ayuda/", views.help_index),
    path("ayuda/<slug:code>/", views.help_article),
    path("api/v1/", api.urls),
]
