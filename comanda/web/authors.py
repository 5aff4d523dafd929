"""Who did something, as the reader would say it: `Tú`, a person's name, else as `who_said` has it."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from comanda.accounts.actors import key_of, who_said
from comanda.accounts.models import User


def names(actors: Iterable[str], reader: int | None) -> dict[str, str]:
    """Of each actor, as its row keeps it; `reader` is a user's id."""
    ids = {
        each: int(key[5:]) for each in set(actors) if (key := key_of(each)).startswith("user:") and key[5:].isdecimal()
    }
    people = User.objects.in_bulk(set(ids.values()))
    return {each: said(each, people.get(ids.get(each, 0)), reader) for each in set(actors)}


def said(actor: str, person: User | None, reader: int | None) -> str:
    if person and person.pk == reader:
        return _("Tú")
    return (person.get_full_name() if person else "") or who_said(actor)
