"""The bin: what waits for an integration that is in it says so, and runs when it is back."""

import pytest

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.history.models import Intake
from comanda.inbox.models import Delivery
from comanda.integrations.connect import bin_integration, connect
from tests.cast import Cast
from tests.test_api import Api, api  # noqa: F401 (a fixture)
from tests.test_rules import outcome


def told(api: Api, language: str = "es") -> tuple[str, str]:  # noqa: F811
    """What the order's only problem says, and the action that it offers."""
    api.headers["Accept-Language"] = language
    (problem,) = api("GET", f"/history/{Intake.objects.get().pk}")[1]["problems"]
    return problem["message"], problem["action"]


def test_what_waits_in_the_bin_says_so(cast: Cast, api: Api) -> None:  # noqa: F811
    cast.post(cast.order(name="#1042"))
    api("DELETE", f"/integrations/{cast.shop.pk}")
    cast.work()
    spanish, action = told(api)
    assert "«Tienda Uno» está en la papelera: restáurala" in spanish
    assert "“Tienda Uno” is in the bin: restore it" in told(api, "en")[0]
    assert action == "restore"
    assert "in the bin" in api("GET", "/why?q=1042")[1]["message"]


@pytest.mark.parametrize("active", [True, False])
def test_what_waited_while_off_says_what_it_waits_for_now(cast: Cast, api: Api, active: bool) -> None:  # noqa: F811
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": False})
    cast.send()
    assert ("Off" in told(api)[0], told(api)[1]) == (True, "switch_on")
    api("DELETE", f"/integrations/{cast.shop.pk}")
    api("PATCH", f"/integrations/{cast.shop.pk}", {"active": active})
    cast.work()
    assert ("papelera" in told(api)[0], told(api)[1]) == (True, "restore")
    api("PATCH", f"/integrations/{cast.shop.pk}", {"binned": False})
    cast.work()
    if active:
        assert outcome(Intake.objects.get()) == ("registered", "", 1)
        return
    assert ("Off" in told(api)[0], told(api)[1]) == (True, "switch_on")
    assert (outcome(Intake.objects.get()), Delivery.objects.get().state) == (("held", "integration_off", 0), "held")
    assert cast.work() == 0


def listed(api: Api, query: str = "") -> list[tuple[str, bool]]:  # noqa: F811
    return [(each["name"], each["binned"]) for each in api("GET", f"/integrations{query}")[1]["items"]]


def test_the_bin_is_listed_and_given_back(cast: Cast, api: Api) -> None:  # noqa: F811
    connect(cast.account, "shopify", "Tienda Dos")
    bin_integration(by_operator((berta := Cast("Berta")).account), berta.shop)
    assert api("DELETE", f"/integrations/{cast.shop.pk}")[0] == 204
    assert (listed(api), listed(api, "?binned=true")) == ([("Tienda Dos", False)], [("Tienda Uno", True)])
    assert cast.post(cast.order())[0] == 410
    status, changed = api("PATCH", f"/integrations/{cast.shop.pk}", {"binned": False})
    assert (status, changed["binned"], changed["active"]) == (200, False, True)
    assert (listed(api, "?binned=false"), listed(api, "?binned=true")) == (
        [("Tienda Dos", False), ("Tienda Uno", False)],
        [],
    )
    assert cast.post(cast.order())[0] == 200
    assert api("PATCH", f"/integrations/{cast.shop.pk}", {"binned": True})[1]["binned"]
    assert list(AuditEntry.objects.filter(account=cast.account).values_list("action", "target")) == [
        ("bin", f"integration:{cast.shop.pk}"),
        ("restore", f"integration:{cast.shop.pk}"),
        ("bin", f"integration:{cast.shop.pk}"),
    ]
