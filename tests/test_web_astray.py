"""Where somebody comes out who goes astray: a session that ended, an address that takes only forms."""

from django.test import Client

from tests.cast import Cast
from tests.routes import ROUTES, filled
from tests.test_web import person, unlinked

PASSWORD = "una-clave-larga-9"


def test_a_button_pressed_after_the_session_has_ended(cast: Cast) -> None:
    """Nothing is done; it is said so, and one comes out where the button is."""
    person(cast)
    found = unlinked(cast, name="#1042")
    client = Client()
    answer = client.post(f"/historial/{found.pk}/reintentar/", follow=True)
    assert "Tu sesión terminó y eso no se guardó" in answer.content.decode()
    where = answer.redirect_chain[-1][0]
    entered = client.post(
        "/cuenta/login/",
        {"login": "ana@example.com", "password": PASSWORD, "next": f"/historial/{found.pk}/reintentar/"},
    )
    assert f"next=/historial/{found.pk}/reintentar/" in where
    landed = client.get(entered["Location"], follow=True)
    assert landed.redirect_chain[-1][0] == f"/historial/{found.pk}/" and "#1042" in landed.content.decode()
    found.refresh_from_db()
    assert found.attempts == 1


def test_an_address_that_only_takes_forms_leads_to_the_page_above_it(cast: Cast) -> None:
    ana, led = person(cast), 0
    found = unlinked(cast)
    for route, names in ROUTES:
        if route.startswith(("api/", "cuenta/")):
            continue
        answer = ana.get(filled(route, names, found.pk if route.startswith("historial/") else "1"))
        assert answer.status_code != 405, route
        if answer.status_code == 302 and (there := answer["Location"]) != "/" and f"/{route}".startswith(there):
            led += 1
            assert ana.get(there, follow=True).status_code == 200
    assert led > 3
