"""Everything but /hooks, which comanda/asgi.py hands to the inbox."""

from django.urls import URLPattern, URLResolver, include, path

from comanda.api import api
from comanda.web.views import (
    business,
    catalogue,
    connecting,
    help,
    history,
    home,
    integration,
    integrations,
    mapping,
    orders,
    personal,
    refused,
    support,
    trial,
)

SETTINGS: list[URLPattern | URLResolver] = [
    path("", integrations.settings, name="settings"),
    path("negocio/", business.preferences, name="preferences"),
    path("cuenta/", business.choose_account, name="choose_account"),
    path("acceso/", personal.personal, name="personal"),
    path("integraciones/", integrations.cards, name="integrations"),
    path("integraciones/<slug:platform>/", integrations.of_builder, name="builder"),
    path("integraciones/<slug:platform>/historial/", integrations.history_of, name="history_of"),
    path("integraciones/<slug:platform>/nueva/", connecting.new, name="new"),
    path("integracion/<str:id>/", integration.connected, name="connected"),
    path("integracion/<str:id>/cambiar/", integrations.change, name="change"),
    path("integracion/<str:id>/conectar/<slug:step>/", connecting.step, name="wizard"),
    path("integracion/<str:id>/repetir/", connecting.repeat, name="repeat"),
    path("integracion/<str:id>/repetir/<slug:step>/", connecting.step, {"again": True}, name="wizard_again"),
    path("integracion/<str:id>/probar/", trial.trial, name="try"),
    path("integracion/<str:id>/campos/", mapping.fields_of, name="map"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("buscar/", history.search, name="search"),
    path("historial/", history.listed, name="history"),
    path("historial/reintentar/", history.retry_many, name="retry_many"),
    path("historial/<str:id>/", history.intake, name="intake"),
    path("historial/<str:id>/reintentar/", history.retry, name="retry"),
    path("historial/<str:id>/corregir/", history.mend, name="mend"),
    path("historial/<str:id>/descartar/", history.drop, name="drop"),
    path("historial/<str:id>/<int:attempt>/<slug:step>/", history.step, name="step"),
    path("pedidos/", orders.listed, name="orders"),
    path("rechazos/", refused.refused, name="refused"),
    path("productos/", catalogue.to_link, name="to_link"),
    path("productos/<str:id>/vincular/", catalogue.make_link, name="link"),
    path("configuraciones/", include(SETTINGS)),
    path("soporte/", support.support, name="support"),
    path("idioma/", personal.choose_language, name="choose_language"),
    path("ayuda/", help.help_index, name="help"),
    path("ayuda/<slug:code>/", help.help_article, name="article"),
    path("cuenta/", include("allauth.urls")),
    path("api/v1/", api.urls),
]
