"""Personal data before a support agent asks for them: masked everywhere, shown for one order, for a while, and written down."""

import json
import re
import string
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from comanda.accounts.access import Forbidden, by_operator, by_user
from comanda.accounts.masking import KINDS, OPEN, PLAIN_FACTS, Veil, mask_email, mask_name, mask_phone, mask_place
from comanda.accounts.models import AuditEntry, User
from comanda.diagnosis.explain import words
from comanda.history.models import Intake
from comanda.history.timeline import message, traces
from comanda.history.veil import drawn, veil_rows
from comanda.integrations.connect import connect
from comanda.problems import CODES
from comanda.repair.models import Correction
from comanda.web import reveal
from tests.cast import Cast, call
from tests.test_versions import lines
from tests.test_web import page, person

# Each a value that stands nowhere else on a page.
NAME, EMAIL, PHONE, DOCUMENT = "Zoraida Quiñónez", "zafirita@correo.example", "3009876543", "52998877"
STREET, MORE, POSTCODE = "Transversal 77 # 66-55", "Torre Zafiro 909", "110987"
NOTE = "Preguntar por Zulma en portería"
SECRETS = (NAME, "Quiñónez", EMAIL, "zafirita", PHONE, "300 987 6543", DOCUMENT, STREET, MORE, POSTCODE, NOTE, "Zulma")
GIFT = f"Taza para {NAME}"


@pytest.fixture
def support(cast: Cast) -> Client:
    return person(cast, "soporte@example.com", "support")


def sold(cast: Cast, **address: Any) -> dict[str, Any]:
    order = cast.order(
        name="#7007",
        email=EMAIL,
        note=NOTE,
        note_attributes=[{"name": "cédula", "value": DOCUMENT}, {"name": "Portería", "value": NOTE}],
        customer={"first_name": "Zoraida", "last_name": "Quiñónez", "email": EMAIL, "phone": f"+57{PHONE}"},
        line_items=lines(cast, sku=None, variant_id=9, title=GIFT),
        browser_ip="181.49.33.21",
    )
    order["shipping_address"] |= {
        "first_name": "Zoraida",
        "last_name": "Quiñónez",
        "name": NAME,
        "address1": STREET,
        "address2": MORE,
        "zip": POSTCODE,
        "phone": "300 987 6543",
        "latitude": 4.711234,
        "longitude": -74.072345,
    } | address
    return order


def everywhere(intake: Intake) -> list[str]:
    """Every address of the page and of its windows."""
    here = f"/historial/{intake.pk}/"
    steps = ("receive", "verify", "read", "check", "match", "register")
    windows = [
        f"{here}{n}/{s}/{side}" for n in range(1, intake.attempts + 1) for s in steps for side in ("", "?lado=entrada")
    ]
    downloads = [f"{here}{number}/" for number in range(1, intake.attempts + 1)]
    return [
        here,
        f"{here}?todos",
        f"{here}original/",
        *windows,
        *downloads,
        "/soporte/",
        f"/soporte/?pedido={intake.pk}",
    ]


def leaks(client: Client, intake: Intake, secrets: tuple[str, ...] = SECRETS) -> list[tuple[str, str]]:
    found = []
    for path, htmx in [(path, {"HX-Request": "true"} if n else {}) for path in everywhere(intake) for n in (0, 1)]:
        answer = client.get(path, headers=htmx)
        if answer.status_code == 404:  # a step that was not reached
            continue
        text = answer.content.decode() + str(answer.headers)
        found += [(path, each) for each in secrets if each.lower() in text.lower()]
    return found


def test_support_receives_no_personal_data_before_it_asks(cast: Cast, support: Client) -> None:
    intake = cast.send(sold(cast), headers={"x-buyer": f"{NAME} <{EMAIL}>"})
    assert leaks(support, intake) == []
    html = page(support, f"/historial/{intake.pk}/")
    assert ("Zoraida Q" not in html and "Z•••" not in html) or "•••" in html
    assert "300 ••• ••43" in html and "•••@correo.example" in html and "Medellín, Antioquia" in html
    body = page(support, f"/historial/{intake.pk}/1/read/?lado=entrada")
    assert "4.711234" not in body and "181.49.33.21" not in body
    assert "109900" in body and "Cash on Delivery" in body  # what is nobody's is there to be looked at


def test_nor_of_an_order_that_meets_every_problem(cast: Cast, support: Client) -> None:
    """The sentences are made of the buyer's own values: phones, addresses, e-mail, corrections."""
    sent = sold(cast, phone="300 9876", address1="Z9", city="Armenia Zona Franca 77", province="", province_code="")
    sent["customer"]["phone"], sent["phone"] = None, None
    sent["email"] = sent["customer"]["email"] = "zafirita(arroba)correo"
    intake = cast.send(sent)
    problems = {row.code for row in intake.problem_rows.all()}
    assert {"phone_invalid", "address_too_short"} <= problems
    secrets = (NAME, "Quiñónez", "300 9876", "3009876", "zafirita", "«Z9»", "Zona Franca", NOTE, DOCUMENT)
    assert leaks(support, intake, secrets) == []


def test_nor_of_corrections_and_of_what_came_before_them(cast: Cast, support: Client) -> None:
    ana = person(cast)
    sent = sold(cast)
    intake = cast.send(sent)
    for given in ({"phone": "3151112233", "address1": "Calle Nueva 45 # 6-78"}, {"name": "Yadira Zuluaga"}):
        ana.post(f"/historial/{intake.pk}/corregir/", given)
        cast.work()
    sent["shipping_address"] |= {"phone": "3024445566", "address1": "Avenida Tercera 9-99"}
    cast.send(sent | {"updated_at": datetime.now(UTC).isoformat()}, "orders/updated")
    intake.refresh_from_db()
    assert Correction.objects.count() == 3 and intake.cause == "correction_outdated"
    new = ("3151112233", "Calle Nueva", "Zuluaga", "3024445566", "Avenida Tercera")
    assert leaks(support, intake, (*SECRETS, *new)) == []


def test_nor_of_an_order_that_nobody_can_read(cast: Cast, support: Client) -> None:
    intake = cast.send(
        {"id": 5, "comprador": NAME, "tel": int(PHONE), "mail": EMAIL, EMAIL: [STREET], "line_items": "?"}
    )
    assert intake.status == "failed"
    assert leaks(support, intake) == []
    body = page(support, f"/historial/{intake.pk}/original/")
    assert "comprador" in body and "line_items" in body


def test_nor_of_what_a_reader_quotes_as_the_fault(cast: Cast, support: Client) -> None:
    intake = cast.send(sold(cast) | {"line_items": lines(cast, quantity=f"{NAME} {PHONE}")})
    assert intake.cause == "order_unreadable" and NAME in intake.problem_rows.get().facts.encode().decode(
        "unicode_escape"
    )
    assert leaks(support, intake) == []


def test_nor_in_the_story_of_a_product_that_bears_the_buyers_name(cast: Cast, support: Client) -> None:
    intake, ana = cast.send(sold(cast)), person(cast)
    row = intake.problem_rows.get(code="product_not_linked").store_variant
    ana.post(f"/productos/por-vincular/{row.pk}/vincular/", {"variant": cast.faja.pk})
    cast.work()
    intake.refresh_from_db()
    assert f"Vinculado: «{GIFT} / M»" in page(ana, f"/historial/{intake.pk}/")
    assert "Vinculado: «Taza para Zoraida Q••• / M»" in page(support, f"/historial/{intake.pk}/")
    assert leaks(support, intake) == []


def test_a_veil_knows_what_was_corrected_and_what_was_put_in_order(cast: Cast) -> None:
    sent = sold(cast)
    sent["customer"]["phone"] = None
    intake = cast.send(sent)
    person(cast).post(f"/historial/{intake.pk}/corregir/", {"name": "Yadira Zuluaga Pardo"})
    found = drawn(intake, traces(intake, 5))
    said = "Para Yadira Zuluaga Pardo, +573009876543"
    assert found.text(said) == "Para Yadira Z•••, 300 ••• ••43"
    assert drawn(intake).text(said) == "Para Yadira Zuluaga Pardo, 300 ••• ••43"
    older = Intake(pk=intake.pk, number="", external_id="", total=None)  # as if the row knew nothing
    assert drawn(older, traces(intake, 5)).text(said) == "Para Yadira Z•••, 300 ••• ••43"


def test_rows_of_a_list_are_masked_at_once(cast: Cast) -> None:
    cast.send(sold(cast))
    agent = by_user(User.objects.get(pk=person(cast, "s@example.com", "support").session["_auth_user_id"]))
    rows = list(Intake.objects.all())
    veils = veil_rows(agent, rows)
    (row,) = rows
    assert (row.customer_name, row.customer_phone) == ("Zoraida Q•••", "300 ••• ••43")
    assert row.customer_email == "z•••@correo.example" and json.loads(row.lines)[0]["title"] == "Taza para Zoraida Q•••"
    assert (
        message(row, "es", veils[row.pk])
        == "«Taza para Zoraida Q••• / M» no está vinculado a ningún producto de tu catálogo."
    )
    (own,) = veil_rows(by_operator(cast.account), [Intake.objects.get()]).values()
    assert not own.on and Intake.objects.get().customer_name == NAME


def test_nor_of_a_body_that_is_a_form(cast: Cast, support: Client) -> None:
    tool = connect(cast.account, "custom", "Mi herramienta", "", "")
    raw = f"nombre={NAME}&telefono={PHONE}&correo={EMAIL}&direccion={STREET}".encode()
    status, _answer = call(tool, raw, {"content-type": "application/x-www-form-urlencoded"})
    assert status == 200
    cast.work()
    intake = Intake.objects.get()
    assert leaks(support, intake) == []


def test_nor_of_a_registered_order(cast: Cast, support: Client) -> None:
    intake = cast.send(sold(cast) | {"line_items": lines(cast)})
    assert intake.status == "registered"
    assert leaks(support, intake) == []


def test_nor_of_an_error_of_ours(cast: Cast, support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The traceback may quote anything."""

    def fails(*_: object) -> None:
        raise ValueError(f"cannot read {NAME} {PHONE} {STREET}")

    monkeypatch.setattr("comanda.pipeline.sift", fails)
    intake = cast.send(sold(cast))
    assert intake.cause == "internal_error"
    assert leaks(support, intake) == []


def test_a_reveal_shows_one_order_for_an_hour_and_is_written_down(
    cast: Cast, support: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake, other = cast.send(sold(cast)), cast.send(sold(cast) | {"name": "#7008"})
    here = f"/historial/{intake.pk}/"
    assert "Mostrar datos del cliente" in page(support, here)
    assert support.get(f"{here}mostrar/")["location"] == here and not AuditEntry.objects.exists()
    done = support.post(f"{here}mostrar/", {"back": f"{here}1/read/?lado=entrada"})
    assert done["Location"] == f"{here}1/read/?lado=entrada"
    (entry,) = AuditEntry.objects.all()
    agent = User.objects.get(email="soporte@example.com")
    assert (entry.account, entry.action, entry.target) == (cast.account, "reveal", f"intake:{intake.pk}")
    assert entry.actor == f"user:{agent.pk} soporte@example.com"
    html = page(support, here)
    assert NAME in html and STREET in html and "Datos del cliente vistos" in html
    assert PHONE in page(support, f"{here}1/check/") and DOCUMENT in page(support, f"{here}1/read/?lado=entrada")
    assert leaks(support, other) == []
    assert "Datos del cliente vistos" in page(person(cast), here)  # the merchant sees that somebody did

    support.post(f"{here}mostrar/")  # they see it already
    assert AuditEntry.objects.count() == 1
    again = Client()
    again.force_login(agent)
    assert leaks(again, intake) == []  # another session asks for itself
    later = time.time() + reveal.SECONDS + 1
    monkeypatch.setattr(reveal.time, "time", lambda: later)
    assert leaks(support, intake) == []
    support.post(f"{here}mostrar/")
    assert AuditEntry.objects.count() == 2


def test_a_reveal_leads_back_to_the_order_alone(cast: Cast, support: Client) -> None:
    intake = cast.send(sold(cast))
    here = f"/historial/{intake.pk}/"
    for back in ("https://otro.example/", "//otro.example/", "/pedidos/", ""):
        assert support.post(f"{here}mostrar/", {"back": back})["Location"] == here


def test_a_stranger_reveals_nothing_and_nothing_is_written(cast: Cast) -> None:
    intake = cast.send(sold(cast))
    berta = person(Cast("Berta"), "berta@example.com", "support")
    assert berta.post(f"/historial/{intake.pk}/mostrar/").status_code == 404
    assert not AuditEntry.objects.exists()


def test_whoever_may_change_things_sees_them_and_that_is_no_event(cast: Cast) -> None:
    intake, ana = cast.send(sold(cast)), person(cast)
    assert NAME in page(ana, f"/historial/{intake.pk}/")
    ana.post(f"/historial/{intake.pk}/mostrar/")
    assert not AuditEntry.objects.exists()


def test_support_still_changes_nothing(cast: Cast, support: Client) -> None:
    intake = cast.send(sold(cast))
    here = f"/historial/{intake.pk}/"
    support.post(f"{here}mostrar/")
    given = {"phone": "3151112233", "do": "switch_off", "store_variant": "1", "take_back": ""}
    for what in ("corregir", "reintentar", "descartar", "encender"):
        assert support.post(f"{here}{what}/", given).status_code == 403, what
    row = intake.problem_rows.get(code="product_not_linked").store_variant
    assert support.post(f"/productos/por-vincular/{row.pk}/vincular/", {"variant": cast.faja.pk}).status_code == 403
    html = page(support, here)
    assert "solo para ver" in html and "<form" not in html.partition("<main")[2].partition("Pasos")[0]
    access = by_user(User.objects.get(email="soporte@example.com"))
    with pytest.raises(Forbidden):
        access.audit("reveal", "intake:1")
    assert access.masks and not by_operator(cast.account).masks


def test_the_question_to_support_says_nothing_of_the_buyer(cast: Cast) -> None:
    """Not for the merchant either: it leaves the house."""
    sent = sold(cast, phone="300 98") | {"phone": None, "line_items": lines(cast)}
    sent["customer"]["phone"] = None
    intake = cast.send(sent)
    html = page(person(cast), f"/soporte/?pedido={intake.pk}")
    question = re.search(r'<pre[^>]*id="question"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert question and "no es un número válido" in question[1] and "#7007" in question[1]
    assert not [each for each in (*SECRETS, "300 98") if each.lower() in question[1].lower()]


def test_how_each_is_masked() -> None:
    assert [mask_name(each) for each in ("María José Núñez", "María", "", "3001234567 ana", "مريم علي", "👩 Ana")] == [
        "María J•••",
        "M•••",
        "",
        "•••",
        "مريم ع•••",
        "•••",
    ]
    assert [mask_phone(each) for each in ("+573001234567", "300 123 4567", "310 555", "12", "")] == [
        "300 ••• ••67",
        "300 ••• ••67",
        "••• 55",
        "•••",
        "",
    ]
    assert [mask_email(each) for each in ("maria@example.com", "maria", "@x", "a@b c", "")] == [
        "m•••@example.com",
        "•••",
        "•••",
        "•••",
        "",
    ]
    assert [mask_place(each) for each in ("Medellín", "Calle 10", "x" * 61)] == ["Medellín", "•••", "•••"]


def test_a_veil_that_is_lifted_changes_nothing() -> None:
    value = {"customer": {"name": NAME}, "a": [1, None, True, EMAIL]}
    facts = {"phones": [PHONE]}
    assert OPEN.body(value) == OPEN.draft(value) == OPEN.any(value) == value
    assert (OPEN.text(EMAIL), OPEN.field("phone", PHONE), OPEN.facts(facts)) == (EMAIL, PHONE, facts)


def test_a_body_shows_its_shape_and_what_is_nobodys() -> None:
    veil = Veil(True, [("name", NAME), ("phones", PHONE), ("city", "Cali")], ["FAJA-M", "109900.00", "7", PHONE])
    body = {
        "sku": "FAJA-M",
        "price": 109900,
        "qty": 2,
        "id": 7,
        "city": "Cali",
        "tel": PHONE,
        "n": int(PHONE),
        "x": "otro",
    }
    body |= {"at": "2026-11-25T10:00:00-05:00", "none": None, "yes": True, "lat": 4.7}
    hidden = {"tel": "•••", "n": "•••", "x": "•••", "lat": "•••"}
    assert veil.body(body) == body | hidden
    as_given = Veil(True, [("phones", f"+57 {PHONE}")], [PHONE])
    assert as_given.body([PHONE, int(PHONE)]) == ["•••", "•••"]
    city = {
        "code": "city_unknown",
        "subject": "city:Calle 5 # 3",
        "facts": {"city": "Calle 5 # 3", "choices": ["Cali, Valle"]},
    }
    hidden_city = {"subject": "city:•••", "facts": {"city": "•••", "choices": ["Cali, Valle"]}}
    assert veil.problem(city) == city | hidden_city
    assert veil.text(f"{NAME.upper()} · {PHONE} · Zoraidas") == "Zoraida Q••• · 300 ••• ••43 · Zoraidas"
    assert json.dumps(veil.body([[{NAME: "x"}]]), ensure_ascii=False) == '[[{"Zoraida Q•••": "•••"}]]'


@pytest.mark.parametrize(
    ("known", "text", "shown"),
    [
        ("+573009876543", "3009876543", "300 ••• ••43"),
        ("+573009876543", "573009876543", "300 ••• ••43"),
        ("+573009876543", "Pedido 300 987-6543, 2", "Pedido 300 ••• ••43, 2"),
        ("300 987 6543", "3009876543", "300 ••• ••43"),
        ("+56987654321", "987654321", "987 ••• ••21"),  # a country of nine digits
        ("+573009876543", "30098765431", "30098765431"),  # another number
        ("12", "12", "12"),
    ],
)
def test_a_telephone_is_known_without_its_country_s_code(known: str, text: str, shown: str) -> None:
    assert Veil(True, [("phone", known)]).text(text) == shown


def test_every_fact_that_a_sentence_says_is_known_to_be_plain_or_personal() -> None:
    """One that is neither is hidden: the sentence would say nothing."""
    personal = {*KINDS, "old", "new", "incoming", "reason", "said"}
    sentences = [said for code in CODES for said in words(code).values()]
    named = {name for said in sentences for _, name, _, _ in string.Formatter().parse(said) if name}
    assert named - {"count", "items"} <= PLAIN_FACTS | personal


def test_a_short_value_does_not_blot_out_other_words() -> None:
    veil = Veil(True, [("name", "Ana"), ("address2", "Casa")], [])
    assert veil.text("Casa de muñecas para Anatomía") == "Casa de muñecas para Anatomía"
