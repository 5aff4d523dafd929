"""Template tags: who did something, what somebody may do, from which browser they came."""

from django import template
from django.utils.translation import gettext, gettext_lazy

from comanda.accounts.actors import who_said

register = template.Library()

ROLES = {
    "owner": gettext_lazy("Dueño"),
    "member": gettext_lazy("Miembro"),
    "support": gettext_lazy("Soporte"),
}
MAY = {
    "owner": gettext_lazy("Todo, también invitar personas, quitarlas y hacer claves de la API."),
    "member": gettext_lazy(
        "Ver y trabajar: vincular, corregir, reintentar, conectar tiendas. No maneja el equipo ni la API."
    ),
    "support": gettext_lazy("Solo ver, para ayudar. No cambia nada, y los datos de los clientes le llegan tapados."),
}
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)

register.filter("who", who_said)


@register.filter
def role(name: str) -> str:
    return str(ROLES.get(name, name))


@register.filter
def may(name: str) -> str:
    """What somebody of this role may do."""
    return str(MAY.get(name, ""))


@register.filter
def browser(agent: str) -> str:
    """`Chrome en Windows`, of what a browser says of itself."""
    name = next((said for sign, said in BROWSERS if sign in agent), "")
    system = next((said for sign, said in SYSTEMS if sign in agent), "")
    if name and system:
        return gettext("{browser} en {system}").format(browser=name, system=system)
    return name or system or gettext("Otro navegador")
