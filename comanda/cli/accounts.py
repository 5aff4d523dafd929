"""account create, account list, account set, account password; token create, token list, token revoke."""

from collections.abc import Callable
from typing import Annotated

import typer
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import override

from comanda.accounts import preferences, second_step, tokens
from comanda.accounts.access import by_operator, new_api_token
from comanda.accounts.business import written_currency, written_name
from comanda.accounts.models import Account, ApiToken, Member, User
from comanda.cli.output import AccountName, Json, operator, refuse, say, table, unseen

COLUMNS = ("id", "name", "country", "currency", "integrations")

account = typer.Typer(no_args_is_help=True, help="Merchants' accounts.")
token = typer.Typer(no_args_is_help=True, help="API tokens.")


def faults_of(validate: Callable[[str], None], value: str) -> list[str]:
    with override("en"):
        try:
            validate(value)
        except ValidationError as error:
            return [str(message) for message in error.messages]
    return []


@account.command("create")
def create(
    name: str,
    email: Annotated[str, typer.Option(help="The owner's e-mail.")],
    password: Annotated[str, typer.Option(help="The owner's password; - asks for it.", callback=unseen)],
    country: Annotated[str, typer.Option(help="Two letters: where it ships.")] = "CO",
    currency: Annotated[str, typer.Option(help="Three letters: what its orders are in.")] = "COP",
    as_json: Json = False,
) -> None:
    """Create an account with its owner and a first API token (shown this once)."""
    if (written := written_name(name)) is None:
        refuse(as_json, "invalid", "The account needs a name of up to 120 characters, not digits alone.", field="name")
    name = written
    if Account.objects.filter(name__iexact=name).exists():
        refuse(as_json, "account_exists", f"There is an account {name} already.", name=name)
    if len(country) != 2 or written_currency(currency) is None:
        refuse(
            as_json,
            "invalid",
            "A country has two letters; a currency the three of ISO 4217.",
            country=country,
            currency=currency,
        )
    faults = [*faults_of(validate_email, email), *faults_of(validate_password, password)]
    if faults:
        refuse(as_json, "invalid", " ".join(faults))
    with transaction.atomic():
        row = Account.objects.create(name=name, country=country.upper(), currency=currency.upper())
        user = User.objects.filter(email=email.lower()).first()
        kept = [f"{email} has a password already; it was not changed"] if user else []
        Member.objects.create(account=row, user=user or User.objects.create_user(email, password), role="owner")
        made = new_api_token(row, "first")
        by_operator(row).audit("create", f"account:{row.pk}", name=name, owner=email)
    said = {"account": str(row.pk), "token": made} | ({"warnings": kept} if kept else {})
    say(as_json, said, "\n".join([f"Account {row.pk} {name}", f"Token {made} (shown this once)", *kept]))


@account.command("list")
def list_accounts(as_json: Json = False) -> None:
    """Every account, with the id that `--account` takes as well as its name."""
    rows = Account.objects.annotate(stores=Count("integrations", filter=Q(integrations__binned_at=None))).order_by("id")
    items = [
        {"id": str(a.pk), "name": a.name, "country": a.country, "currency": a.currency, "integrations": a.stores}
        for a in rows
    ]
    say(as_json, {"items": items}, table(*COLUMNS, rows=[[item[name] for name in COLUMNS] for item in items]))


@account.command("password")
def new_password(
    email: Annotated[str, typer.Argument(help="Whose.")],
    password: Annotated[str, typer.Option(help="The new one; - asks for it.", callback=unseen)] = "-",  # noqa: S107 (it means: ask)
    forget_second_step: Annotated[
        bool, typer.Option(help="Take away their second step and passkeys, too: they have lost them.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give somebody a new password, where no mail can; their sessions end."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        refuse(as_json, "not_found", f"Nobody logs in as {email}.", what="person")
    if faults := faults_of(lambda value: validate_password(value, user), password):
        refuse(as_json, "invalid", " ".join(faults), field="password")
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        forgotten = second_step.forget(user) if forget_second_step else False
        for row in Account.objects.filter(members__user=user).order_by("pk"):
            what = {"second_step": "forgotten"} if forgotten else {}
            by_operator(row).audit("password", f"user:{user.pk}", person=user.email, **what)
    also = ", and neither a second step nor a passkey any more" if forgotten else ""
    said = {"email": user.email, "second_step_forgotten": forgotten}
    say(as_json, said, f"{user.email} has a new password{also}")


@token.command("create")
def create_token(
    account: AccountName,
    name: Annotated[str, typer.Option(help="What it is for.")] = "token",
    read_only: Annotated[
        bool, typer.Option(help="It changes nothing, and is shown buyers masked (María J•••).")
    ] = False,
    as_json: Json = False,
) -> None:
    """Create an API token. This is the only time that it is shown."""
    access = operator(as_json, account)
    _, made = tokens.make(access, name, read_only=read_only)
    say(as_json, {"token": made}, made)


@token.command("revoke")
def revoke_token(token_id: int, account: AccountName, as_json: Json = False) -> None:
    """Revoke a token by its id (`token list`)."""
    access = operator(as_json, account)
    row = access.rows(ApiToken).filter(pk=token_id, revoked_at=None).first()
    if row is None:
        refuse(as_json, "not_found", "There is no such token.", what="token")
    tokens.take_back(access, row)
    say(as_json, {"revoked": str(row.pk)}, f"Token {row.pk} {row.name} is revoked")


KINDS = {"reads": "only reads, buyers masked", "writes": "reads and writes"}


def kind(row: ApiToken) -> str:
    """As the form calls it."""
    return "reads" if row.role == "support" else "writes"


@token.command("list")
def list_tokens(account: AccountName, as_json: Json = False) -> None:
    """The account's tokens, without the tokens themselves."""
    rows = operator(as_json, account).rows(ApiToken).order_by("id")
    items = [{"id": str(t.pk), "name": t.name, "kind": kind(t), "revoked": t.revoked_at is not None} for t in rows]
    lines = [f"{t.pk}  {t.name}  {KINDS[kind(t)]}{'  revoked' if t.revoked_at else ''}" for t in rows]
    say(as_json, {"items": items}, "\n".join(lines) or "No tokens")


@account.command("set")
def choose(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id or its name.")],
    stock: Annotated[str | None, typer.Option(help="warn or block where stock does not suffice.")] = None,
    price: Annotated[str | None, typer.Option(help="warn or block where a price is below the cost.")] = None,
    cod_method: Annotated[
        list[str] | None, typer.Option(help="A name of cash on delivery, once for each; `-` for those of Comanda.")
    ] = None,
    group_minutes: Annotated[
        int | None, typer.Option(help="Orders of one customer within so many minutes become one; 0: none.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    country: Annotated[str | None, typer.Option(help="Two letters: where it ships.")] = None,
    currency: Annotated[str | None, typer.Option(help="Three letters: what its orders are in.")] = None,
    timezone: Annotated[str | None, typer.Option(help="America/Bogota; empty for its country's.")] = None,
    support: Annotated[
        str | None, typer.Option(help="Where its people ask for help: an e-mail address, a WhatsApp number, a page.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change what the account chooses; without an option, show it."""
    access = operator(as_json, account)
    names = None if not cod_method else [each for each in cod_method if each != "-"]
    chosen = preferences.Choices(stock, price, names, group_minutes, name, country, currency, timezone, support)
    try:
        count = preferences.choose(access, chosen)
    except preferences.NotChoosable as error:
        refuse(as_json, "invalid", f"{error.field}: {error.message}", field=error.field)
    said = preferences.shown(access.account) | {"reprocessed": count}
    shown = said | {"cod_methods": ", ".join(said["cod_methods"])}
    say(as_json, said, table("setting", "value", rows=[[name, shown[name]] for name in shown]))
