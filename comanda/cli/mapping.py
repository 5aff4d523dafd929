"""integration map, verify, rotate."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from comanda.cli.integrations import found, integration, shown
from comanda.cli.output import Json, console, counted, refuse, run_again, say, table
from comanda.connectors.reading import misfit
from comanda.connectors.verification import Verification
from comanda.diagnosis.terms import builder_called
from comanda.integrations import connect, mappings
from comanda.integrations.health import unverified
from comanda.integrations.models import Integration
from comanda.problems import Problem

Id = Annotated[str, typer.Argument(metavar="ID")]
LARGEST = 2 * 1024 * 1024


@integration.command("map")
def map_fields(
    id_: Id,
    sample: Annotated[Path | None, typer.Option(help="A body as the tool sends it; else the newest that came.")] = None,
    choices: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=EXPRESSION; line.FIELD for a line's.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option("--file", help="A whole mapping, JSON.")] = None,
    last: Annotated[int, typer.Option(help="Try it on so many of the newest deliveries.")] = 0,
    save: Annotated[bool, typer.Option("--save", help="Switch it on: what waits for it is read.")] = False,
    as_json: Json = False,
) -> None:
    """Map what a custom tool sends; without --save, only show what the mapping makes of a sample.

    Begins with --file, else with the mapping in use, else with a proposal made from the sample.
    """
    access, row = found(as_json, id_)
    if not row.connector.mappable:
        refuse(as_json, "not_mappable", f"{row.connector.label} needs no mapping.")
    try:
        body = read_sample(as_json, row, sample)
        start = read_mapping(as_json, mapping) if mapping else row.mapping
        chosen = start or mappings.preview(row, None, body).mapping
        for choice in choices or []:
            chosen = with_choice(as_json, chosen, choice)
        seen = mappings.preview(row, chosen, body)
        tried = mappings.try_on(row, chosen, last) if last and seen.ready else []
        if save and seen.ready:
            reprocessed = mappings.switch_on(access, row, chosen)
    except Problem as problem:
        refuse(as_json, problem.code, f"The sample cannot be read: {problem.facts.get('reason')}.", **problem.facts)
    said: dict[str, Any] = {"id": str(row.pk), **msgspec.to_builtins(seen), "tried": msgspec.to_builtins(tried)}
    if save and not seen.ready:
        show(as_json, seen, tried)
        fault = seen.problems[0]
        refuse(as_json, "mapping_invalid", f"Not switched on. {fault.field}: {fault.message}.", **said)
    said |= {"saved": save, "reprocessed": reprocessed if save else 0}
    if not as_json:
        show(as_json, seen, tried)
    end = f"Switched on; {run_again(said['reprocessed'])}" if save else unsaved(seen)
    say(as_json, said, end if as_json else "\n".join([*hints(row, seen, tried), end]))


def unsaved(seen: mappings.Preview) -> str:
    return "Not switched on: " + ("add --save" if seen.ready else "mend it first with --set FIELD=EXPRESSION")


def hints(row: Integration, seen: mappings.Preview, tried: list[mappings.Tried]) -> list[str]:
    """What a mapping that reads the sample may still get wrong."""
    found = []
    if seen.order and not seen.order.totals.total:
        found.append("This order comes to 0, and nothing would be collected: map order.total or line.unit_price")
    newest = tried or (mappings.try_on(row, seen.mapping, 20) if seen.ready else [])
    if unread := sum(bool(each.reason) for each in newest):
        found.append(f"{unread} of the {len(newest)} newest deliveries cannot be read so: see --last {len(newest)}")
    return found


def read_sample(as_json: bool, row: Integration, path: Path | None) -> bytes:
    if path is None:
        newest = next(mappings.latest(row, 1), None)
        if newest is None:
            refuse(as_json, "no_sample", "Nothing has come yet: send a test order, or give --sample FILE.")
        return bytes(newest.body)
    return read_file(as_json, path)


def read_file(as_json: bool, path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            refuse(as_json, "too_large", f"{path} is larger than {LARGEST} bytes, which is more than the door takes.")
        return path.read_bytes()
    except OSError as error:
        refuse(as_json, "not_found", f"{path} cannot be read: {error.strerror}.", what="file")


def read_mapping(as_json: bool, path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(read_file(as_json, path), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        refuse(as_json, "mapping_invalid", f"{path} is no mapping: {error}.")


def with_choice(as_json: bool, mapping: dict[str, Any], choice: str) -> dict[str, Any]:
    """The mapping with one field's expression changed, or taken away by an empty one."""
    choice = choice.encode("utf-8", "replace").decode()  # a terminal may send what is no UTF-8
    field, equals, expression = choice.partition("=")
    part, _, name = field.strip().rpartition(".")
    if not equals or part not in ("", "order", "line"):
        refuse(as_json, "invalid", f"Write FIELD=EXPRESSION, not {choice}.", field=field)
    if name == "lines" and not part:
        return mapping | {"lines": expression.strip()}
    part = part or "order"
    before = mapping.get(part)
    return mapping | {part: (before if isinstance(before, dict) else {}) | {name: expression.strip()}}


def show(as_json: bool, seen: mappings.Preview, tried: list[mappings.Tried]) -> None:
    if as_json:
        return
    known = [each for each in seen.fields if each.expression or each.problem]
    rows = [[each.field, each.expression, shorter(each.value), each.type, each.problem] for each in known]
    console.print(table("field", "expression", "value", "type", "problem", rows=rows), markup=False)
    for fault in seen.problems:
        console.print(f"{fault.field}: {fault.message}", markup=False)
    if tried:
        rows = [
            [str(each.delivery), each.number, each.total, str(each.lines), each.path, each.reason] for each in tried
        ]
        console.print(table("delivery", "order", "total", "lines", "field", "problem", rows=rows), markup=False)


def shorter(value: Any) -> str:
    return "" if value is None else str(value)[:60]


@integration.command()
def verify(
    id_: Id,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="none, token, hmac, standard or basic.")],
    header: Annotated[str, typer.Option(help="The header of the token or the signature.")] = "X-Comanda-Signature",
    algorithm: Annotated[str, typer.Option(help="sha256, sha1 or sha512.")] = "sha256",
    encoding: Annotated[str, typer.Option(help="hex or base64.")] = "hex",
    prefix: Annotated[str, typer.Option(help="What stands before the signature, such as sha256=.")] = "",
    as_json: Json = False,
) -> None:
    """Say how a custom tool signs; quarantined deliveries that this verifies are processed."""
    access, row = found(as_json, id_)
    if not row.connector.mappable:
        says = "signs nothing: its URL is the secret" if row.connector.secret_url else "signs in its own way"
        refuse(as_json, "invalid", f"{row.connector.label} {says}.", field="verification")
    given = {"kind": kind, "header": header, "algorithm": algorithm, "encoding": encoding, "prefix": prefix}
    try:
        chosen = msgspec.convert(given, Verification)
    except msgspec.ValidationError as error:
        path, reason = misfit(error).facts["path"], misfit(error).facts["reason"]
        refuse(as_json, "invalid", f"{path}: {reason}. See comanda integration verify --help.", field="verification")
    verified = connect.choose_verification(access, row, chosen)
    said = {"id": str(row.pk), "verification": msgspec.to_builtins(chosen), "verified": verified}
    freed = counted(verified, "quarantined delivery", "quarantined deliveries")
    say(as_json, said, "\n".join([f"Chosen; {freed} verified", *unverified(Integration.objects.get(pk=row.pk))]))


@integration.command()
def rotate(
    id_: Id,
    leaked: Annotated[bool, typer.Option(help="the ones before stop at once, instead of answering for a day")] = False,
    as_json: Json = False,
) -> None:
    """Give it a new URL; the one before answers for a day more."""
    access, row = found(as_json, id_)
    until = connect.rotate(access, row)
    if leaked:
        connect.end_former(access, row)
    url = connect.hook_url(row)
    before = "those before answer no more" if leaked else f"the one before answers until {until:%Y-%m-%d %H:%M} UTC"
    said = shown(row) | {"hook_url": url, "former_until": None if leaked else until}
    where = builder_called(row.connector.label, "en")
    say(as_json, said, f"Paste this URL in {where}; {before}\n{url}")
