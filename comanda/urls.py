"""Everything but /hooks, which comanda/asgi.py hands to the inbox."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from comanda.api import api
from comanda.web.views import (
    business,
    catalogue,
    help,
    history,
    home,
    integrations,
    invitation,
    log,
    orders,
    personal,
    refused,
    support,
    team,
    tokens,
)

SETTINGS: list[URLPattern | URLResolver] = [
    path("", integrations.settings, name="settings"),
    path("negocio/", business.preferences, name="preferences"),
    path("registro/", log.log, name="log"),
    path("equipo/", team.people, name="team"),
    path("equipo/<int:id>/", team.person, name="person"),
    path("equipo/invitacion/<int:id>/", team.change_invitation, name="change_invitation"),
    path("api/", tokens.api, name="api_tokens"),
    path("api/<int:id>/", tokens.token, name="token"),
    path("cuenta/", business.choose_account, name="choose_account"),
    path("acceso/", personal.personal, name="personal"),
    path("acceso/sesiones/", personal.close_sessions, name="close_sessions"),
    path("integraciones/", integrations.cards, name="integrations"),
    path("integraciones/<slug:platform>/", integrations.of_builder, name="builder"),
    path("integraciones/<slug:platform>/historial/", integrations.history_of, name="history_of"),
    path("integraciones/<slug:platform>/nueva/", integrations.new, name="new"),
    path("integracion/<str:id>/", integrations.connected, name="connected"),
    path("integracion/<str:id>/cambiar/", integrations.change, name="change"),
]
# Before allauth's own: what stands in Mi acceso, and what is not ours.
ENTRANCE: list[URLPattern | URLResolver] = [
    path("2fa/", RedirectView.as_view(pattern_name="personal")),
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="personal")),
    path("sessions/", RedirectView.as_view(pattern_name="personal")),
    path("email/", personal.not_ours),
    path("confirm-email/", personal.not_ours),
    path("confirm-email/<str:key>/", personal.not_ours),
    path("login/code/confirm/", personal.not_ours),
    path("", include("allauth.urls")),
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
    path("invitacion/<str:token>/", invitation.invitation, name="invitation"),
    path("idioma/", personal.choose_language, name="choose_language"),
    path("ayuda/", help.help_index, name="help"),
    path("ayuda/<slug:code>/", help.help_article, name="article"),
    path("cuenta/", include(ENTRANCE)),
    path("api/v1/", api.urls),
]
