"""How a merchant's own tool proves itself, on the wire; and that no secret of it is kept or shown in the clear."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from comanda.accounts.access import new_api_token
from comanda.history.models import Attempt, Intake
from comanda.inbox.models import Delivery, Refusal
from comanda.inbox.quarantine import sweep
from comanda.integrations.connect import add_secret, hook_url, reseal_all
from comanda.integrations.models import FormerUrl, Integration
from comanda.orders.models import Order
from tests.cast import Cast, command, the_door
from tests.custom_tool import FORM, JSON, Tool, everything_stored, foreign, own
from tests.test_api import Api

SECRET = "clave-ñandú-1"
WHSEC = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
Sign = Callable[[bytes, str], dict[str, str]]


@pytest.fixture
def tool(cast: Cast) -> Tool:
    return Tool(cast)


def choose(tool: Tool, secret: str = SECRET, **verification: Any) -> dict[str, Any]:
    status, answer = tool.api("PATCH", tool.path, {"verification": verification, "secret": secret})
    assert status == 200, answer
    return answer  # type: ignore[no-any-return]


def hmac_of(body: bytes, secret: str, algorithm: str = "sha256", encoding: str = "hex", prefix: str = "") -> str:
    digest = hmac.digest(secret.encode(), body, algorithm)
    return prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())


def standard(body: bytes, secret: str = WHSEC, id_: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
    """As the reference library signs."""
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign(id_, at, body.decode())
    return {"webhook-id": id_, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


def basic(given: str, encoding: str = "utf-8") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(given.encode(encoding)).decode()}


METHODS: list[tuple[dict[str, Any], str, Sign]] = [
    ({"kind": "token", "header": "X-Clave"}, SECRET, lambda body, secret: {"x-clave": secret}),
    ({"kind": "token", "header": "Authorization", "prefix": "Bearer "}, SECRET, lambda b, s: {"authorization": f"Bearer {s}"}),
    ({"kind": "token", "header": "Authorization", "prefix": "Bearer"}, SECRET, lambda b, s: {"authorization": f"Bearer {s}"}),
    ({"kind": "hmac"}, SECRET, lambda b, s: {"x-comanda-signature": hmac_of(b, s)}),
    ({"kind": "hmac"}, SECRET, lambda b, s: {"x-comanda-signature": hmac_of(b, s, prefix="sha256=")}),
    (
        {"kind": "hmac", "header": "X-Hub-Signature-256", "prefix": "sha256="}, SECRET,
        lambda b, s: {"x-hub-signature-256": hmac_of(b, s, prefix="sha256=")},
    ),
    (
        {"kind": "hmac", "header": "X-Firma", "algorithm": "sha1", "encoding": "base64"}, SECRET,
        lambda b, s: {"x-firma": hmac_of(b, s, "sha1", "base64")},
    ),
    (
        {"kind": "hmac", "header": "X-Firma", "algorithm": "sha512"}, SECRET,
        lambda b, s: {"x-firma": hmac_of(b, s, "sha512").upper()},
    ),
    ({"kind": "standard"}, WHSEC, standard),
    ({"kind": "standard"}, WHSEC.removeprefix("whsec_"), standard),
    ({"kind": "basic"}, f"ana:{SECRET}", lambda b, s: basic(s)),
    ({"kind": "basic"}, f"ana:{SECRET}", lambda b, s: basic(s, "latin-1")),
]  # fmt: skip
IDS = [f"{kind['kind']}-{n}" for n, (kind, _, _) in enumerate(METHODS)]


@pytest.mark.parametrize(("chosen", "secret", "sign"), METHODS, ids=IDS)
def test_the_right_secret_verifies_and_no_other(tool: Tool, chosen: dict[str, Any], secret: str, sign: Sign) -> None:
    choose(tool, secret, **chosen)
    body = json.dumps(own()).encode()
    assert tool.send(body, JSON | sign(body, secret)).status == "registered"
    wrong = "whsec_" + base64.b64encode(b"another").decode() if chosen["kind"] == "standard" else f"{secret}x"
    other = json.dumps(own()).encode()
    missing, invalid = tool.post(other), tool.post(other, JSON | sign(other, wrong))
    assert (missing[0], missing[1]["error"]["code"]) == (401, "signature_missing")
    assert (invalid[0], invalid[1]["error"]["code"]) == (401, "signature_invalid")
    if chosen["kind"] in ("hmac", "standard"):
        assert tool.post(other + b" ", JSON | sign(other, secret))[0] == 401
    assert Delivery.objects.filter(state="quarantined").count() == Delivery.objects.count() - 1
    assert Order.objects.count() == 1


@pytest.mark.parametrize(("chosen", "secret", "sign"), METHODS, ids=IDS)
def test_a_form_is_verified_as_it_came(tool: Tool, chosen: dict[str, Any], secret: str, sign: Sign) -> None:
    choose(tool, secret, **chosen)
    body = b"folio=1&nombre=Ana+G%F3mez"
    assert tool.post(body, FORM | sign(body, secret))[0] == 200


def test_without_a_choice_and_a_secret_the_url_is_the_proof(tool: Tool) -> None:
    assert tool.send(own()).status == "registered"
    add_secret(tool.row, SECRET)
    body = json.dumps(own()).encode()
    assert tool.post(body)[1]["error"]["code"] == "signature_missing"
    assert tool.post(body, JSON | {"x-comanda-signature": hmac_of(body, SECRET, prefix="sha256=")})[0] == 200
    choose(tool, kind="none")
    assert tool.post(own())[0] == 200


def test_a_choice_without_a_secret_lets_nobody_in(tool: Tool) -> None:
    for chosen, _, sign in METHODS:
        assert tool.api("PATCH", tool.path, {"verification": chosen})[0] == 200
        body = json.dumps(own()).encode()
        empty = {
            "webhook-id": "1",
            "webhook-timestamp": "1",
            **sign(body, WHSEC if chosen["kind"] == "standard" else ""),
        }
        assert tool.post(body, JSON | empty)[0] == 401
    assert not Delivery.objects.filter(verified=True).exists()


def test_nobody_forges_what_an_odd_secret_leaves_empty(tool: Tool) -> None:
    """Of these secrets a careless reader makes an empty key."""
    body = json.dumps(own()).encode()
    for chosen, secret in (("standard", "whsec_"), ("standard", "whsec_----"), ("basic", "☕☕"), ("token", "☕☕")):
        choose(tool, secret, kind=chosen, header="X-Clave", prefix="Bearer")
        told = b"msg_1.1." + body
        key = base64.b64encode(hmac.digest(b"", told, "sha256")).decode()
        headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": f"v1,{key}"}
        for basically, token in (("Basic ", "Bearer"), ("Basic Pz8=", "Bearer ??"), ("Basic 4piV", "Bearer ☕")):
            forged = headers | {"authorization": basically, "x-clave": token}
            assert tool.post(body, JSON | forged)[0] == 401


@pytest.mark.parametrize("scheme", ["Bearer", "", "Basic:", "Digest"])
def test_a_password_comes_as_basic_authentication(tool: Tool, scheme: str) -> None:
    choose(tool, "ana:clave", kind="basic")
    given = basic("ana:clave")["authorization"]
    assert tool.post(own(), JSON | {"authorization": given.replace("Basic", scheme).strip()})[0] == 401
    for spelling in ("BASIC", "basic"):
        assert tool.post(own(), JSON | {"authorization": given.replace("Basic", spelling)})[0] == 200


def test_several_secrets_are_good_at_once(tool: Tool) -> None:
    choose(tool, "uno", kind="token", header="X-Clave")
    add_secret(Integration.objects.get(pk=tool.row.pk), "dos")
    assert [tool.post(own(), JSON | {"x-clave": each})[0] for each in ("uno", "dos", "tres", "uno dos")] == [
        200, 200, 401, 401,
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["ñandú-☕", "áéí"])
def test_a_token_may_have_accents_in_either_encoding(tool: Tool, given: str) -> None:
    """PHP sends UTF-8, browsers and Python's requests Latin-1; headers have no encoding of their own."""
    choose(tool, given, kind="token", header="X-Clave")
    connector = Integration.objects.get(pk=tool.row.pk).connector
    connector.verify({"x-clave": given.encode().decode("latin-1")}, b"", [given])
    if given == "áéí":
        connector.verify({"x-clave": given}, b"", [given])
    assert tool.post(own(), JSON | {"x-clave": given})[0] == 200


# Standard Webhooks 1.0.0


def test_a_webhook_id_makes_a_repeat_a_duplicate(tool: Tool) -> None:
    choose(tool, WHSEC, kind="standard")
    body = json.dumps(own()).encode()
    later = datetime.now(UTC) + timedelta(minutes=20)
    answers = [
        tool.post(body, JSON | standard(body)),
        tool.post(body, JSON | standard(body, at=later)),
        tool.post(body, JSON | standard(body, id_="msg_2")),
    ]
    assert [answer["status"] for _, answer in answers] == ["accepted", "duplicate", "accepted"]
    tool.cast.work()
    assert (Order.objects.count(), Delivery.objects.count()) == (1, 2)


def test_ids_that_begin_alike_are_different(tool: Tool) -> None:
    choose(tool, WHSEC, kind="standard")
    for end in "abc":
        body = json.dumps(own()).encode()
        assert tool.post(body, JSON | standard(body, id_="m" * 400 + end))[1]["status"] == "accepted"
    tool.cast.work()
    assert Order.objects.count() == 3


def test_one_of_several_signatures_suffices(tool: Tool) -> None:
    choose(tool, WHSEC, kind="standard")
    body = json.dumps(own()).encode()
    headers = standard(body)
    good = headers["webhook-signature"]
    for given in (f"v1,AAAA {good}", f"{good} v1a,xyz", f"v2,{good[3:]} {good}", f"  {good}  "):
        assert tool.post(body, JSON | headers | {"webhook-signature": given})[0] == 200
    for given in (
        good[3:],
        good.replace("v1,", "v2,"),
        good.replace("v1,", "V1,"),
        good[:-2],
        f"v1,{good}",
        "v1,",
        ",",
        "v1",
    ):
        assert tool.post(body, JSON | headers | {"webhook-signature": given})[0] == 401


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_signed_and_needed(tool: Tool, name: str) -> None:
    choose(tool, WHSEC, kind="standard")
    body = json.dumps(own()).encode()
    headers = standard(body)
    assert tool.post(body, JSON | headers | {name: ""})[1]["error"]["code"] == "signature_missing"
    for changed in (headers[name] + "1", "x", "-1", "9" * 400, "1e9", "ñ"):
        assert tool.post(body, JSON | headers | {name: changed})[1]["error"]["code"] == "signature_invalid"


def test_a_body_that_is_no_utf_8_is_verified_all_the_same(tool: Tool) -> None:
    """The signature is over bytes."""
    tool.map()
    choose(tool, WHSEC, kind="standard")
    body = json.dumps(foreign(), ensure_ascii=False).encode("utf-16")
    told = b"msg_9.1767225600." + body
    key = base64.b64decode(WHSEC.removeprefix("whsec_"))
    signature = "v1," + base64.b64encode(hmac.digest(key, told, "sha256")).decode()
    headers = JSON | {"webhook-id": "msg_9", "webhook-timestamp": "1767225600", "webhook-signature": signature}
    assert tool.send(body, headers).status == "registered"
    assert tool.post(body + b"\x00\x00", headers)[0] == 401


@pytest.mark.parametrize("secret", ["whsec_", "no es base64!", "whsec_a", "ñ", "whsec_" + "A" * 5])
def test_a_secret_that_is_none_refuses_and_can_be_mended(tool: Tool, secret: str) -> None:
    choose(tool, secret, kind="standard")
    body = json.dumps(own()).encode()
    assert tool.post(body, JSON | standard(body))[0] == 401
    assert add_secret(Integration.objects.get(pk=tool.row.pk), WHSEC) == 1
    tool.cast.work()
    assert tool.statuses() == ["registered"]


# What is chosen


@pytest.mark.parametrize(
    "chosen",
    [
        {}, {"kind": "rsa"}, {"kind": "hmac", "algorithm": "md5"}, {"kind": "hmac", "encoding": "binary"},
        {"kind": "token", "header": "X Clave"}, {"kind": "token", "header": ""}, {"kind": "token", "header": "x" * 81},
        {"kind": "token", "header": "X-Clave\n"}, {"kind": "token", "header": "ñ"}, {"kind": "hmac", "prefix": "p" * 81},
        {"kind": "hmac", "extra": 1}, {"kind": None}, {"kind": "hmac", "prefix": None},
    ],
)  # fmt: skip
def test_a_choice_that_cannot_be_is_refused(tool: Tool, chosen: dict[str, Any]) -> None:
    status, answer = tool.api("PATCH", tool.path, {"verification": chosen})
    assert (status, answer["error"]["code"], answer["error"]["facts"]["field"]) == (400, "invalid", "verification")
    new = {"platform": "custom", "name": "Otra", "verification": chosen}
    assert tool.api("POST", "/integrations", new)[0] == 400
    assert Integration.objects.filter(name="Otra").count() == 0
    assert Integration.objects.get(pk=tool.row.pk).verification is None


def test_only_custom_builders_choose(tool: Tool) -> None:
    for path, method in ((f"/integrations/{tool.cast.shop.pk}", "PATCH"), ("/integrations", "POST")):
        new = {"platform": "shopify"} if method == "POST" else {}
        status, answer = tool.api(method, path, new | {"name": "x", "verification": {"kind": "none"}})
        assert (status, answer["error"]["facts"]["field"]) == (400, "verification")


def test_it_is_chosen_at_the_start_or_by_the_command_line(tool: Tool) -> None:
    new = {
        "platform": "shoptool",
        "name": "Otra",
        "secret": "uno",
        "verification": {"kind": "token", "header": "X-Clave"},
    }
    status, made = tool.api("POST", "/integrations", new)
    assert (status, made["verification"]["kind"], made["secrets"]) == (201, "token", 1)
    said = command(
        "integration", "verify", str(tool.row.pk), "hmac", "--header", "X-Firma", "--algorithm", "sha1", "--json"
    )
    assert json.loads(said)["verification"] == {
        "kind": "hmac", "header": "X-Firma", "algorithm": "sha1", "encoding": "hex", "prefix": "",
    }  # fmt: skip
    assert "invalid" in command("integration", "verify", str(tool.row.pk), "rsa", "--json", code=1)
    assert "invalid" in command("integration", "verify", str(tool.cast.shop.pk), "none", "--json", code=1)
    assert Integration.objects.get(pk=tool.row.pk).verification["header"] == "X-Firma"


# What is kept of a secret

SECRETIVE: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"kind": "token", "header": "X-Clave"}, {"x-clave": "sekret-77"}),
    ({"kind": "token", "header": "User-Agent"}, {"user-agent": "sekret-77"}),
    ({"kind": "token", "header": "Authorization", "prefix": "Bearer "}, {"authorization": "Bearer sekret-77"}),
    ({"kind": "basic"}, basic("ana:sekret-77")),
]


@pytest.mark.parametrize(("chosen", "headers"), SECRETIVE)
def test_no_secret_is_kept_or_shown(
    tool: Tool, chosen: dict[str, Any], headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither of what is taken, nor of what is quarantined or refused, nor before anybody has said which header it is."""
    caplog.set_level("DEBUG")
    encoded = next(iter(headers.values())).rpartition(" ")[2]
    tool.send(own(), JSON | (headers if "x-clave" in headers else {}))  # nothing is chosen yet
    secret = "ana:sekret-77" if chosen["kind"] == "basic" else "sekret-77"
    choose(tool, secret, **chosen)
    taken = tool.send(own(), JSON | headers)
    assert taken.status == "registered"
    wrong = {name: f"{value}A==" for name, value in headers.items()}
    assert tool.post(own(), JSON | wrong)[0] == 401
    assert tool.post(own(), JSON | {"x-otra": "sekret-77"} | headers | {next(iter(headers)): ""})[0] == 401
    assert tool.post(b"{", JSON | headers)[0] == 400
    if "user-agent" not in headers:  # there only the integration can tell
        the_door.ask("/hooks/unknown", b"{}", JSON | headers | {"x-otra": "sekret-77"})
    stored = everything_stored()
    shown = json.dumps(
        [
            tool.api("GET", path)[1]
            for path in ("/refusals", "/deliveries", "/history", "/integrations", f"/history/{taken.pk}")
        ]
    )
    for text in (stored, shown, caplog.text):
        assert "sekret" not in text and encoded not in text, text
    assert "sealed" not in shown
    heads = [json.loads(head)["headers"] for head in Refusal.objects.values_list("head", flat=True)]
    assert any("x-otra" in head for head in heads)  # that it came is known, and helps to mend it


@pytest.mark.parametrize("mended", ["secret", "header", "kind"])
def test_what_was_quarantined_is_verified_once_it_is_mended(tool: Tool, mended: str) -> None:
    """The secret, or the name of the header, or how it signs: what came is still known, and never shown."""
    right = {"kind": "token", "header": "X-Clave", "prefix": ""}
    before = {"header": right | {"header": "X-Firma"}, "kind": {"kind": "basic"}}
    choose(tool, "otra" if mended == "secret" else SECRET, **before.get(mended, right))
    given = JSON | {"x-clave": SECRET, "x-pedido": "abc"}
    refused = [tool.post(own(), given | ({"authorization": "Basic x"} if mended == "kind" else {})) for _ in range(2)]
    assert [status for status, _ in refused] == [401, 401]
    for delivery in Delivery.objects.all():
        assert delivery.state == "quarantined"
        assert "sealed" in json.loads(delivery.headers)
    assert SECRET not in everything_stored()
    assert "sealed" not in json.dumps(
        [tool.api("GET", path)[1] for path in ("/refusals", "/deliveries?state=quarantined")]
    )

    body = {"secret": SECRET} if mended == "secret" else {"verification": right}
    status, answer = tool.api("PATCH", tool.path, body)
    assert (status, answer["verified"]) == (200, 2)
    tool.cast.work()
    assert tool.statuses() == ["registered"] * 2
    assert not [each for each in Delivery.objects.all() if "sealed" in each.headers]  # it has served
    for intake in Intake.objects.all():
        shown = json.dumps(tool.api("GET", f"/history/{intake.pk}")[1], ensure_ascii=False)
        assert "sealed" not in shown and SECRET not in shown
        assert "x-pedido" in shown


def test_the_twin_of_a_quarantined_one_has_served(tool: Tool) -> None:
    choose(tool, SECRET, kind="token", header="X-Firma")
    order = own()
    assert tool.post(order, JSON | {"x-clave": SECRET})[0] == 401
    choose(tool, SECRET, kind="token", header="X-Clave")
    assert Delivery.objects.filter(state="pending").count() == 1
    assert tool.post(order, JSON | {"x-clave": SECRET})[1]["status"] == "duplicate"
    tool.cast.work()
    assert (Order.objects.count(), Attempt.objects.count()) == (1, 1)


def test_a_secret_that_is_still_wrong_leaves_it_quarantined(tool: Tool) -> None:
    choose(tool, "uno", kind="token", header="X-Clave")
    tool.post(own(), JSON | {"x-clave": SECRET})
    for secret in ("dos", "tres"):
        assert tool.api("PATCH", tool.path, {"secret": secret})[1]["verified"] == 0
    row = Integration.objects.get(pk=tool.row.pk)
    assert Delivery.objects.get().secret_version == row.secret_version
    assert tool.api("PATCH", tool.path, {"secret": SECRET})[1]["verified"] == 1


def test_keys_rotate_with_what_is_quarantined(tool: Tool, settings: LazySettings) -> None:
    choose(tool, "otra", kind="token", header="X-Clave")
    tool.post(own(), JSON | {"x-clave": SECRET})
    (old,) = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), old]
    reseal_all()
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert add_secret(Integration.objects.get(pk=tool.row.pk), SECRET) == 1
    tool.cast.work()
    assert tool.statuses() == ["registered"]


def test_headers_that_no_longer_open_hinder_nobody(tool: Tool, settings: LazySettings) -> None:
    choose(tool, "otra", kind="token", header="X-Clave")
    tool.post(own(), JSON | {"x-clave": SECRET})
    lost = Delivery.objects.get()
    tool.post(own(), JSON | {"x-clave": SECRET})
    kept = json.loads(lost.headers)
    kept["sealed"] = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    Delivery.objects.filter(pk=lost.pk).update(headers=json.dumps(kept))
    assert add_secret(Integration.objects.get(pk=tool.row.pk), SECRET) == 1
    lost.refresh_from_db()
    assert (lost.state, lost.reason, sweep()) == ("quarantined", "signature_invalid", 0)


# The URL


def test_a_rotated_url_answers_for_a_day(tool: Tool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    old = hook_url(tool.row)
    status, answer = tool.api("POST", f"{tool.path}/rotate")
    assert (status, answer["hook_url"] != old) == (200, True)
    assert datetime.fromisoformat(answer["former_until"]) > timezone.now() + timedelta(hours=23)
    new = answer["hook_url"]

    def post(url: str) -> int:
        path = "/hooks/" + url.partition("/hooks/")[2]
        return the_door.ask(path, json.dumps(own()).encode(), JSON)[0]

    assert (post(old), post(new)) == (200, 200)
    FormerUrl.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert (post(old), post(new)) == (404, 200)
    tool.cast.work()
    assert tool.statuses() == ["registered"] * 3
    stored = everything_stored()
    for url in (old, new):
        token = url.rpartition("/")[2]
        assert token not in caplog.text and token not in stored
    said = json.loads(command("integration", "rotate", str(tool.row.pk), "--json"))
    assert (post(said["hook_url"]), post(new), post(old)) == (200, 200, 404)
    again = json.loads(command("integration", "rotate", str(tool.row.pk), "--json"))
    assert [post(url) for url in (again["hook_url"], said["hook_url"], new, old)] == [200, 200, 200, 404]
    last = json.loads(command("integration", "rotate", str(tool.row.pk), "--leaked", "--json"))
    assert last["former_until"] is None
    assert [post(url) for url in (last["hook_url"], again["hook_url"], said["hook_url"], new)] == [200, 404, 404, 404]
    refusals = tool.api("GET", "/refusals")[1]["items"]
    assert {(each["reason"], each["integration"]) for each in refusals} == {("unknown_token", str(tool.row.pk))}


def test_a_reader_does_not_rotate(tool: Tool) -> None:
    reader = Api(new_api_token(tool.cast.account, "reader", "support"))
    assert reader("POST", f"{tool.path}/rotate")[0] == 403
    before = Integration.objects.get(pk=tool.row.pk)
    assert (before.former_until, FormerUrl.objects.count()) == (None, 0)


@pytest.mark.parametrize("prefix", ["sha256=", ""])
def test_choosing_what_holds_without_a_choice_changes_nothing(cast: Cast, prefix: str) -> None:
    """`health.py` recommends that command where a secret is not asked for."""
    tool = Tool(cast, secret=SECRET)
    for _ in range(2):
        body = json.dumps(own()).encode()
        assert tool.post(body, {**JSON, "x-comanda-signature": hmac_of(body, SECRET, prefix=prefix)})[0] == 200
        assert tool.post(body + b" ", {**JSON, "x-comanda-signature": hmac_of(body, SECRET, prefix=prefix)})[0] == 401
        command("integration", "verify", str(tool.row.pk), "hmac")
