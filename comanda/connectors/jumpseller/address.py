"""Where a JumpSeller order goes: its address has more parts than the canonical one, and other ones in each country."""

from collections.abc import Mapping

from comanda.connectors.draft import Address
from comanda.connectors.jumpseller.payload import Order, Place
from comanda.connectors.reading import distinct, fold, meant, optional_id, text

NOT_SENT = frozenset({"store_pickup", "no_shipping"})


def address(order: Order, form: Mapping[str, str]) -> Address:
    place = _destination(order)
    city, other = _city(place)
    return Address(
        address1=_street(place) or form.get("address", ""),
        address2=_joined(meant(place.complement), meant(place.neighbourhood), other) or form.get("district", ""),
        city=city or form.get("city", ""),
        region=_region(place) or form.get("region", ""),
        country=_country(place),
        postcode=meant(place.postal, 20),
        reference=form.get("reference", "") or _pickup(order.pickup_address),
    )


def _destination(order: Order) -> Place:
    """The shipping address, else the billing one as a whole; none where the order is fetched or nothing is sent."""
    shipping = order.shipping_address
    if shipping and (meant(shipping.address) or meant(shipping.city) or meant(shipping.municipality)):
        return shipping
    fetched = order.pickup_address is not None or order.shipping_option in NOT_SENT
    return Place() if fetched else order.billing_address or shipping or Place()


def _joined(*parts: str) -> str:
    return ", ".join(distinct(parts))[:255]


def _street(place: Place) -> str:
    """The number of the house may have a field of its own, and is a float there by the schema."""
    street, given = meant(place.address), place.street_number
    house = meant(optional_id(int(given) if isinstance(given, float) and given.is_integer() else given))
    return f"{street} {house}" if street and house else street


def _city(place: Place) -> tuple[str, str]:
    """The town, and what else stands where a town does.

    Parcels in Chile go to a comuna, which is the `municipality`; `city` is then the large town near it ("Santiago" for
    Colina). Elsewhere `city` is the town, unless it is empty or repeats the region.
    """
    city, municipality = meant(place.city), meant(place.municipality)
    if not municipality or municipality == city:
        return city, ""
    if not city or fold(city) == fold(meant(place.region)):
        return municipality, ""
    if fold(city) == fold(municipality):
        return city, ""
    return (municipality, city) if _country(place).upper() in ("CL", "CHILE") else (city, municipality)


def _region(place: Place) -> str:
    """`region_code` is of FIPS: "12" is another region in ISO 3166-2. Only one of letters may stand for a missing name."""
    if region := meant(place.region):
        return region
    code = meant(place.region_code, 20)
    return code if code.isalpha() else ""


def _country(place: Place) -> str:
    return text(place.country_code, 60) or text(place.country, 60)


def _pickup(place: Place | None) -> str:
    """Where the buyer fetches it, for a person to see."""
    if place is None:
        return ""
    return _joined(meant(place.pickup_place_name), _street(place), _city(place)[0])
