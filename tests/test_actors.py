"""Who did something, in words for timelines."""

import pytest
from django.utils.translation import override

from comanda.accounts.access import by_operator, by_token, by_user, new_api_token
from comanda.accounts.actors import key_of, who_said
from comanda.accounts.models import AuditEntry, Member, User
from tests.cast import Cast


@pytest.mark.parametrize(
    ("actor", "said", "key"),
    [
        ("user:3 ana@example.com", "ana@example.com", "user:3"),
        ("user:3 ", "Una persona", "user:3"),
        ("token:4 Bodega de Ana", "API (Bodega de Ana)", "token:4"),
        ("token:4 ", "API", "token:4"),
        ("operator", "El operador", "operator"),
        ("", "Comanda", ""),
        ("user:x <script>", "user:x <script>", "user:x"),
        ("otra cosa", "otra cosa", "otra"),
    ],
)
def test_an_actor_is_said_in_words(actor: str, said: str, key: str) -> None:
    with override("es"):
        assert (who_said(actor), key_of(actor)) == (said, key)


def test_whoever_acts_is_said(cast: Cast) -> None:
    user = User.objects.create_user(f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.example", "una-clave-larga-9")
    Member.objects.create(account=cast.account, user=user, role="owner")
    token = by_token(new_api_token(cast.account, "Bodega"))
    assert token
    for access in (by_user(user), token, by_operator(cast.account)):
        access.audit("test", "account:1")
    said = [who_said(each.actor) for each in AuditEntry.objects.order_by("id")]
    assert user.email.startswith(said[0]) and len(said[0]) > 180
    assert said[1:] == ["API (Bodega)", "El operador"]
