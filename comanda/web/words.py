"""Template tags: icons, statuses, money and times as people say them."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from comanda.diagnosis.why import ago as said_ago

register = template.Library()

ICONS = {
    "home": "M3 11 12 4l9 7v9a1 1 0 0 1-1 1h-5v-6H9v6H4a1 1 0 0 1-1-1z",
    "list": "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
    "bag": "M6 8h12l1 13H5zM9 8a3 3 0 0 1 6 0",
    "box": "m12 3 8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
    "help": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17h.01",
    "gear": "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1"
    "M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1",
    "find": "M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM20 20l-4.5-4.5",
    "ok": "m5 12.5 4.5 4.5L19 7.5",
    "bad": "m7 7 10 10M17 7 7 17",
    "wait": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2",
    "dup": "M8 8h11v11H8zM5 16V5h11",
    "info": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01",
    "eye": "M2 12s3.5-6 10-6 10 6 10 6-3.5 6-10 6-10-6-10-6zM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
    "bin": "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v6M14 11v6",
    "plus": "M12 5v14M5 12h14",
    "brand": "M5 3h14v18l-2.3-1.7L14.3 21 12 19.3 9.7 21l-2.4-1.7L5 21zM9 8h6M9 12h6",
    "out": "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
}

# Of each status: the word, the icon, the colour.
STATUSES = {
    "pending": ("Pendiente", "wait", "wait"),
    "registered": ("Exitoso", "ok", "ok"),
    "forwarding": ("En camino al destino", "wait", "info"),
    "retrying": ("Se reintentará", "wait", "wait"),
    "failed": ("Fallido", "bad", "bad"),
    "duplicate": ("Duplicado", "dup", "dim"),
    "review": ("Por revisar", "info", "wait"),
    "unpaid": ("Esperando pago", "wait", "wait"),
    "cancelled": ("Cancelado", "bad", "dim"),
    "ignored": ("Omitido", "info", "info"),
    "held": ("En espera", "wait", "wait"),
    "superseded": ("Reemplazado", "dup", "dim"),
}
STEPS = {
    "ok": ("Exitoso", "ok", "ok"),
    "failed": ("Fallido", "bad", "bad"),
    "stopped": ("Detenido", "wait", "wait"),
    "not_reached": ("No llegó", "", "no"),
}
CENTS = frozenset({"USD", "EUR", "MXN", "PEN", "BRL", "BOB", "GTQ", "DOP", "UYU"})


@register.simple_tag
def icon(name: str) -> SafeString:
    path = ICONS[name]
    return mark_safe(  # noqa: S308 (of the table above)
        f'<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" class="icon"><path d="{path}"/></svg>'
    )


def tag(word: str, icon_: str, colour: str) -> SafeString:
    return format_html('<span class="tag {}">{}{}</span>', colour, icon(icon_) if icon_ else "", word)


@register.simple_tag
def status(name: str) -> SafeString:
    return tag(*STATUSES.get(name, (name, "info", "dim")))


@register.simple_tag
def step_status(name: str) -> SafeString:
    return tag(*STEPS[name])


@register.simple_tag
def money(amount: Decimal | str | None, currency: str) -> str:
    """`$ 109.900`; cents only where the currency has any, or the amount does."""
    if amount is None or amount == "":
        return ""
    value = Decimal(amount)
    digits = 2 if currency in CENTS or value != value.to_integral_value() else 0
    text = f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))
    return f"$ {text}" if currency in ("COP", "CLP", "ARS", "MXN", "") else f"{currency} {text}"


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """`hace 5 minutos`, with the time itself on hover and focus."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        local.isoformat(),
        f"{local:%Y-%m-%d %H:%M}",
        f"hace {said_ago(moment, 'es')}",
    )


@register.filter
def pretty(value: Any) -> str:
    """A step's input or output, as text that people can read."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
