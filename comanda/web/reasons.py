"""Why an expression or an order cannot be read, in the merchant's words; the place of it in what was typed."""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comanda.connectors.custom.mapping import Fault

# What the connectors say, and how it reads; `{0}` is what the pattern holds first.
REASONS = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"an expression is needed", gettext_lazy("Falta elegir de dónde sale.")),
        (
            r"gives .+ where a text or a number is due",
            gettext_lazy("Da una lista o un grupo de datos, y aquí va un solo valor."),
        ),
        (r"gives nothing where the list of lines is due", gettext_lazy("No da nada, y aquí va la lista de productos.")),
        (r"gives .+ where the list of lines is due", gettext_lazy("No da una lista, y aquí va la de los productos.")),
        (r"gives more than (\d+) lines", gettext_lazy("Da más de {0} productos.")),
        (r"longer than (\d+) characters", gettext_lazy("Tiene más de {0} caracteres.")),
        (r"there is no function (\w+)\(\)", gettext_lazy("No existe la función {0}.")),
        (r"(\w+)\(\) takes (\d+) arguments, not (\d+)", gettext_lazy("{0} lleva {1} datos, no {2}.")),
        (r"(\w+)\(\) is given .+", gettext_lazy("{0} recibe un dato que no le sirve.")),
        (r"too much work", gettext_lazy("Pide demasiado trabajo para un pedido.")),
        (
            r"half of a character|a character that no text has",
            gettext_lazy("Tiene un carácter que ningún texto lleva."),
        ),
        (r"nested too deeply", gettext_lazy("Tiene demasiados niveles, uno dentro de otro.")),
        (r"several orders in one body.*", gettext_lazy("Trae varios pedidos juntos: cada uno debe llegar aparte.")),
        (r"not a number: (.+)", gettext_lazy("No es un número: {0}")),
        (r"not a date: (.+)", gettext_lazy("No es una fecha: {0}")),
        (r"not an id: (.+)", gettext_lazy("No es un identificador: {0}")),
        (
            r"an id of more than (\d+) characters",
            gettext_lazy("Es más largo que {0} caracteres, y es un identificador."),
        ),
        (r"Expected .+, got null|.*missing required field.*", gettext_lazy("No viene en este pedido.")),
        (r"Expected .+", gettext_lazy("No es un dato de esta clase.")),
        (r"XML, which cannot be read", gettext_lazy("Es XML, que no se lee: envía JSON o un formulario.")),
        (r"(?:neither JSON nor a form|no fields)", gettext_lazy("No es JSON ni un formulario.")),
        (r"unmapped", gettext_lazy("No es un pedido en el formato de Comanda.")),
    )
)


def reason(message: str) -> str:
    for pattern, words in REASONS:
        if found := pattern.fullmatch(message):
            return str(words).format(*found.groups())
    return _("No se entiende. Revisa cómo está escrito.")


def place(fault: Fault) -> SafeString | str:
    """The expression with the character at which it goes wrong marked; empty where that is nowhere."""
    typed, at = fault.expression, fault.place
    if not typed or not 0 < at <= len(typed):
        return ""
    return format_html("<code>{}<mark>{}</mark>{}</code>", typed[:at], typed[at : at + 1] or "…", typed[at + 1 :])
