"""Template tags: icons, logos, and the words of statuses."""

import json
from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy
from lucide import _render_icon as drawn

from comanda.connectors import CONNECTORS
from comanda.connectors.base import Connector
from comanda.diagnosis.terms import builder_called
from comanda.history.models import Intake
from comanda.integrations.models import Integration
from comanda.web.language import reading

register = template.Library()

# Of each status: the word, the icon, the colour.
STATUSES = {
    "pending": (gettext_lazy("Pendiente"), "clock", "wait"),
    "registered": (gettext_lazy("Exitoso"), "check", "ok"),
    "forwarding": (gettext_lazy("En camino al destino"), "send", "info"),
    "retrying": (gettext_lazy("Se reintentará"), "refresh-cw", "wait"),
    "failed": (gettext_lazy("Fallido"), "x", "bad"),
    "duplicate": (gettext_lazy("Duplicado"), "copy", "dim"),
    "review": (gettext_lazy("Por revisar"), "info", "wait"),
    "unpaid": (gettext_lazy("Esperando pago"), "hourglass", "wait"),
    "cancelled": (gettext_lazy("Cancelado"), "ban", "dim"),
    "ignored": (gettext_lazy("Omitido"), "circle-dashed", "dim"),
    "held": (gettext_lazy("En espera"), "circle-pause", "wait"),
    "superseded": (gettext_lazy("Reemplazado"), "layers", "dim"),
}
# Of each state of an integration.
PULSES = {
    "well": (gettext_lazy("Al día"), "check", "ok"),
    "silent": (gettext_lazy("En silencio"), "clock", "wait"),
    "quarantined": (gettext_lazy("Clave errada"), "x", "bad"),
    "wrong_builder": (gettext_lazy("Otro constructor"), "shuffle", "bad"),
    "unreadable": (gettext_lazy("No se leen"), "x", "bad"),
    "unmapped": (gettext_lazy("Por mapear"), "list-checks", "wait"),
    "no_secret": (gettext_lazy("Sin clave"), "key-round", "wait"),
    "new": (gettext_lazy("Sin pedidos aún"), "circle-dashed", "dim"),
    "off": (gettext_lazy("Off"), "circle-pause", "dim"),
}
STEPS = {
    "ok": (gettext_lazy("Exitoso"), "check", "ok"),
    "failed": (gettext_lazy("Fallido"), "x", "bad"),
    "stopped": (gettext_lazy("Detenido"), "circle-pause", "wait"),
    "not_reached": (gettext_lazy("No llegó"), "", "no"),
}


@register.simple_tag
@cache
def icon(name: str, size: int = 18) -> SafeString:
    """One of Lucide's, beside a word that says the same."""
    return mark_safe(drawn(name, size, aria_hidden="true", **{"class": "icon"}))  # noqa: S308 (a picture of the library)


def tag(word: Any, picture: str, colour: str) -> SafeString:
    return format_html('<span class="tag {}">{}{}</span>', colour, icon(picture, 14) if picture else "", word)


@register.simple_tag
def status(name: str) -> SafeString:
    return tag(*STATUSES.get(name, (name, "info", "dim")))


@register.simple_tag
def intake_status(intake: Intake) -> SafeString:
    """An order's status, and beside it that a change of what is registered waits."""
    waits = tag(gettext("Cambio por aplicar"), "file-clock", "wait") if intake.cause == "update_problem" else ""
    return format_html("{} {}", status(intake.status), waits) if waits else status(intake.status)


@register.simple_tag
def pulse(state: str) -> SafeString:
    return tag(*PULSES[state])


@register.simple_tag
def step_status(name: str) -> SafeString:
    return tag(*STEPS[name])


@register.simple_tag
def logo(platform: str, size: int = 28) -> SafeString:
    """A builder's logo, said by its name where the name does not stand beside it."""
    url, label = static(f"comanda/logos/{platform}.svg"), builder(platform)
    return format_html('<img class="logo" src="{}" alt="{}" width="{}" height="{}">', url, label, size, size)


@register.simple_tag
def quiet_logo(platform: str, size: int = 28) -> SafeString:
    """A builder's logo where its name stands beside it."""
    url = static(f"comanda/logos/{platform}.svg")
    return format_html('<img class="logo" src="{}" alt="" width="{}" height="{}">', url, size, size)


@register.simple_tag
def builder(platform: str) -> str:
    """What a builder is called, in the reader's language."""
    return called(CONNECTORS[platform])


@register.filter
def store(row: Integration) -> str:
    """The store that an integration is of, as far as it is known; empty where nothing that comes will name one."""
    later = gettext("la tienda se conoce con el primer pedido") if CONNECTORS[row.platform].store_example else ""
    return row.store_key or later


@register.filter
def called(connector: Connector) -> str:
    """The same, of the connector itself; within sentences too."""
    return builder_called(connector.label, reading())


@register.filter
def uncapped(title: str) -> str:
    """A title within a sentence: `producto sin vincular`, and `SKU repetido` as it is."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


@register.filter
def pretty(value: Any) -> str:
    """A step's input or output, as text that people can read."""
    if value is None:
        return gettext("Ya no se conserva.")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
