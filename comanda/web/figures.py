"""Template tags: money and times as people of the account's country write them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.core import UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_location
from babel.numbers import format_currency, format_decimal
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from comanda.accounts.models import Account
from comanda.accounts.region import locale, zone

register = template.Library()


@register.simple_tag(takes_context=True)
def money(context: dict[str, Any], amount: Decimal | str | float | None, currency: str = "") -> str:
    """`$ 109.900`, never parted at the end of a line; cents only where the amount has any."""
    account: Account | None = context.get("account")
    return said_money(account, amount, currency)


def said_money(account: Account | None, amount: Decimal | str | float | None, currency: str = "") -> str:
    if amount is None or amount == "":
        return ""
    value = Decimal(str(amount))
    pattern = "¤\u00a0#,##0" if value == value.to_integral_value() else "¤\u00a0#,##0.00"
    country, own = (account.country, account.currency) if account else ("", "")
    code = currency or own or "USD"
    try:
        return format_currency(value, code, pattern, locale=locale(country), currency_digits=False)
    except UnknownLocaleError:
        return f"{code}\u00a0{value}"


@register.simple_tag(takes_context=True)
def count(context: dict[str, Any], number: int | None) -> str:
    """`1.204`."""
    account: Account | None = context.get("account")
    return format_decimal(number or 0, locale=locale(account.country if account else ""))


@register.simple_tag(takes_context=True)
def ago(context: dict[str, Any], moment: datetime | None) -> SafeString | str:
    """`hace 5 minutos`, with the date, hour and zone on hover and focus."""
    if moment is None:
        return ""
    account: Account | None = context.get("account")
    return format_html(
        '<time datetime="{}" title="{}" tabindex="0" data-ago>{}</time>',
        moment.isoformat(),
        said_moment(account, moment),
        format_timedelta(moment - timezone.now(), add_direction=True, locale=dates(account)),
    )


@register.simple_tag(takes_context=True)
def lasting(context: dict[str, Any], since: datetime | None) -> SafeString | str:
    """`5 minutos`: how long something has been so, for a sentence that says the rest."""
    if since is None:
        return ""
    account: Account | None = context.get("account")
    span = format_timedelta(timezone.now() - since, locale=dates(account))
    whole = said_moment(account, since)
    return format_html('<time datetime="{}" title="{}" tabindex="0">{}</time>', since.isoformat(), whole, span)


LATELY = timedelta(days=2)


@register.simple_tag(takes_context=True)
def lately(context: dict[str, Any], when: datetime) -> SafeString | str:
    """In a list: `hace 5 minutos`; of what is older than two days, the day and the hour, which tell rows apart."""
    return ago(context, when) if timezone.now() - when < LATELY else moment(context, when)


@register.simple_tag(takes_context=True)
def every(context: dict[str, Any], pause: timedelta | None) -> str:
    """`cada 3 horas`, `cada hora`."""
    if pause is None:
        return ""
    span = format_timedelta(pause, locale=dates(context.get("account")))
    return gettext("cada {span}").format(span=span.removeprefix("1 "))


def dates(account: Account | None) -> str:
    return locale(account.country if account else "", get_language() or "")


def said_moment(account: Account | None, moment: datetime) -> str:
    """`23 nov 2026, 10:15:02 a. m. (Bogotá)`: in the account's zone, which is named by its city."""
    return f"{format_datetime(moment, 'medium', tzinfo=zone(account), locale=dates(account))} ({said_city(account)})"


def said_city(account: Account | None) -> str:
    """The city by which the account's zone is named: `Bogotá`."""
    place = get_timezone_location(zone(account), locale=dates(account), return_city=True)
    return place.rpartition("/")[2]


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], when: datetime | str | None) -> SafeString | str:
    """The hour of a time of today, the day and hour of another one; the whole of it on hover and focus."""
    if not when:
        return ""
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    account: Account | None = context.get("account")
    there = zone(account)
    on, today = at.astimezone(there).date(), timezone.now().astimezone(there).date()
    pattern = "HH:mm" if on == today else "d MMM, HH:mm" if on.year == today.year else "d MMM y, HH:mm"
    short = format_datetime(at, pattern, tzinfo=there, locale=dates(account))
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), said_moment(account, at), short)


@register.simple_tag(takes_context=True)
def clock(context: dict[str, Any], when: datetime) -> SafeString:
    """`10:15`, where the day stands above it; the whole of it on hover."""
    account: Account | None = context.get("account")
    short = format_datetime(when, "HH:mm", tzinfo=zone(account), locale=dates(account))
    return format_html('<time datetime="{}" title="{}">{}</time>', when.isoformat(), said_moment(account, when), short)


@register.simple_tag(takes_context=True)
def day(context: dict[str, Any], when: Any) -> str:
    """`23 nov`."""
    account: Account | None = context.get("account")
    return format_date(when, "d MMM", locale=dates(account))


@register.filter
def written(value: Any) -> str:
    """A value as its field shows it: `109900`, `12.50`; empty where there is none."""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, Decimal):
        return f"{value:.0f}" if value == value.to_integral_value() else f"{value:.2f}"
    return "" if value is None else str(value)


def said_day(account: Account | None, when: datetime) -> str:
    """`23 nov 2026`, in the account's zone."""
    return format_date(when.astimezone(zone(account)), "d MMM y", locale=dates(account))
