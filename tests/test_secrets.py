"""Secrets at rest: sealed, several at once, and their keys changed without loss."""

import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.conf import LazySettings

from comanda.accounts.access import Forbidden, by_user
from comanda.accounts.models import ApiToken, Member, User
from comanda.connectors.woocommerce.connector import WooCommerce
from comanda.history.models import Intake
from comanda.history.timeline import attempts, traces
from comanda.inbox import targets
from comanda.inbox.models import Delivery
from comanda.integrations.connect import add_secret, hook_url, reseal_all
from comanda.integrations.models import Integration, IntegrationSecret
from comanda.integrations.vault import unseal
from comanda.problems import Problem
from comanda.worker import Worker
from tests.cast import SECRET, Cast
from tests.custom_tool import JSON, Tool, own


def test_nothing_secret_is_stored_in_the_clear(cast: Cast) -> None:
    url = hook_url(cast.shop)
    row = Integration.objects.get()
    assert url.rpartition("/")[2] not in (row.token_sealed, row.token_digest)
    assert SECRET not in IntegrationSecret.objects.get().sealed
    assert len(url.rpartition("/")[2]) >= 32  # 192 bits
    assert not ApiToken.objects.exists()


def test_any_of_several_secrets_verifies(cast: Cast) -> None:
    assert cast.post(cast.order(), secret="otra")[0] == 401
    add_secret(cast.shop, "otra")
    assert cast.post(cast.order(), secret="otra")[0] == 200
    assert cast.post(cast.order())[0] == 200


def test_secrets_are_counted_as_the_merchant_counts_them() -> None:
    """WooCommerce may have stored one secret in several spellings; it is one all the same."""
    for secrets in ([], ["una"], ["<b>una</b> & más", "otra %2F"]):
        with pytest.raises(Problem) as refused:
            WooCommerce().verify({"x-wc-webhook-signature": "c2ltb24="}, b"{}", secrets)
        assert (refused.value.code, refused.value.facts) == ("signature_invalid", {"secrets": len(secrets)})


def test_keys_rotate(cast: Cast, settings: LazySettings) -> None:
    url, (old,) = hook_url(cast.shop), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), old]
    assert hook_url(cast.shop) == url  # the old key still opens
    assert cast.post(cast.order())[0] == 200
    assert reseal_all() == 2
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    cast.shop.refresh_from_db()
    assert hook_url(cast.shop) == url
    assert cast.post(cast.order())[0] == 200
    settings.ENCRYPTION_KEYS = [old]
    with pytest.raises(InvalidToken):
        unseal(Integration.objects.get().token_sealed)


def test_what_was_sealed_of_a_quarantined_delivery_is_not_shown(cast: Cast) -> None:
    assert cast.post(cast.order(), secret="otra", headers={"authorization": "Bearer oculto"})[0] == 401
    assert '"sealed"' in Delivery.objects.get().headers
    add_secret(cast.shop, "otra")
    cast.work()
    (attempt,) = attempts(traces(Intake.objects.get()), "es")
    headers = attempt["steps"][0]["input"]["headers"]
    assert headers["content-type"] == "application/json"
    assert not {"sealed", "authorization"} & headers.keys()


def test_a_secret_can_be_replaced(cast: Cast) -> None:
    add_secret(cast.shop, "nueva", replace=True)
    assert IntegrationSecret.objects.count() == 1
    assert cast.post(cast.order())[0] == 401
    assert cast.post(cast.order(), secret="nueva")[0] == 200
    add_secret(cast.shop, "nueva")  # once more is the same
    assert IntegrationSecret.objects.count() == 1


def test_a_support_agent_reads_what_was_granted_and_changes_nothing(cast: Cast) -> None:
    stranger = Cast("Berta")
    agent = User.objects.create_user("Agente@example.com", "una-clave-larga-9")
    cast.send()
    stranger.send()
    with pytest.raises(Forbidden):
        by_user(agent).change()  # nothing was granted yet
    Member.objects.create(account=cast.account, user=agent, role="support")
    access = by_user(agent)
    assert [intake.account for intake in access.rows(Intake)] == [cast.account]
    with pytest.raises(Forbidden):
        access.change()
    Member.objects.filter(user=agent).update(role="owner")
    assert by_user(agent).change() == cast.account


# A secret that opens with none of the keys


@pytest.fixture
def locked(cast: Cast) -> Tool:
    """A tool with a request in quarantine, whose secret was sealed with a key that was taken away since."""
    tool = Tool(cast, secret="clave")
    assert tool.post(own())[0] == 401
    sealed = Fernet(Fernet.generate_key()).encrypt(b"x").decode()
    IntegrationSecret.objects.filter(integration=tool.row).update(sealed=sealed)
    return tool


def test_it_keeps_no_worker_from_the_orders_of_others(cast: Cast, locked: Tool) -> None:
    status, _ = locked.api("PATCH", locked.path, {"verification": {"kind": "token", "header": "X-Clave"}})
    assert status == 200
    assert cast.post(cast.order())[0] == 200
    worker = Worker()
    worker.step()
    worker.end()
    assert Intake.objects.get().integration == cast.shop


def test_it_closes_no_door_to_others(cast: Cast, locked: Tool) -> None:
    tokens = [hook_url(each).rpartition("/")[2] for each in (cast.shop, locked.row)]
    assert set(targets.load(tokens)) == set(tokens)


def test_it_is_replaced_by_another(cast: Cast, locked: Tool) -> None:
    proof = {"verification": {"kind": "token", "header": "X-Clave"}}
    assert locked.api("PATCH", locked.path, proof)[0] == 200
    assert locked.api("PATCH", locked.path, {"secret": "otra"})[0] == 200
    assert locked.post(own(), JSON | {"x-clave": "otra"})[0] == 200


def test_a_sweep_that_fails_keeps_nothing_from_its_turn(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> int:
        raise ValueError

    monkeypatch.setattr("comanda.worker.sweep", broken)
    cast.post(cast.order())
    worker = Worker()
    with pytest.raises(ValueError):
        worker.step()
    assert worker.step() == 1
    worker.end()
