"""Who did something, in words. An actor is kept as a short text (`Access.actor`), so that it is told after they are gone."""

from django.utils.translation import gettext

MOST = 200  # characters that a column of an actor holds


def actor_of(kind: str, id_: int, name: str) -> str:
    """`user:3 ana@example.com`, `token:4 bodega`."""
    return f"{kind}:{id_} {name}"[:MOST]


def who_said(actor: str) -> str:
    """`ana@example.com`, `API (bodega)`, `El operador`; whatever else stands there, as it stands."""
    key, _, name = actor.partition(" ")
    kind, _, id_ = key.partition(":")
    if actor == "operator":
        return gettext("El operador")
    if kind == "token" and id_.isdecimal():
        return gettext("API ({name})").format(name=name) if name else "API"
    if kind == "user" and id_.isdecimal():
        return name or gettext("Una persona")
    return actor or gettext("Comanda")


def key_of(actor: str) -> str:
    """What stays the same when somebody's name or address changes: `user:3`, `token:4`, `operator`."""
    return actor.partition(" ")[0]
