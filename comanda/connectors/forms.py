"""Bodies that are not plain JSON: HTML forms, UTF-16."""

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from comanda.connectors.reading import unreadable, whole

MOST_FIELDS = 3000
LONGEST_HEAD = 8192
BOM = b"\xef\xbb\xbf"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOUNDARY = re.compile(rb"\s{0,4}--([0-9A-Za-z'()+_,./:=?-]{1,70})\r?\n")
_FIRST_NAME = re.compile(rb"""\s*[^\s=&<>{}"\\;,\x00-\x1f]{1,300}[=&]""")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_NAME = re.compile(r"[^\[\]]+|\[[^\[\]]*\]")
_DISPOSITION = re.compile(r"^content-disposition:(.*)", re.IGNORECASE | re.MULTILINE)
_PARAMETER = re.compile(r""";\s*(name|filename\*?)=(?:"((?:[^"\\]|\\.)*)"|([^;\s"]*))""", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def utf8(body: bytes) -> bytes:
    """The body as UTF-8, without a byte order mark; that, or a NUL beside its first sign, may say that it is UTF-16. Raises
    order_unreadable."""
    codec = utf16(body)
    if not codec:
        return body.removeprefix(BOM)
    try:
        return body.decode(codec).encode()
    except UnicodeError:
        raise unreadable("$", "not UTF-16, as its first bytes say") from None


def utf16(body: bytes) -> str:
    """The codec of a body in UTF-16: by its mark, or as RFC 4627 tells JSON's; empty for any other."""
    if body[:2] in UTF16:
        return "utf-16"
    return {b"{\x00": "utf-16-le", b"[\x00": "utf-16-le", b"\x00{": "utf-16-be", b"\x00[": "utf-16-be"}.get(
        body[:2], ""
    )


def document(body: bytes) -> Any:
    """What the body holds: the JSON, or a form's fields by name. Raises order_unreadable."""
    body = utf8(body)
    try:
        return msgspec.json.decode(whole(body)) if looks_like_json(body) else form_of(body)
    except RecursionError:
        raise unreadable("$", "nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable("$", str(error)) from None


def looks_like_json(body: bytes) -> bool:
    return not utf16(body) and body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def check_form(body: bytes) -> None:
    """Raise order_unreadable unless this may be a form, told without reading it whole."""
    if body.removeprefix(BOM).lstrip()[:1] == b"<":
        raise unreadable("$", "XML, which cannot be read")
    if utf16(body) or boundary(body):
        return
    if b"=" not in body or not _FIRST_NAME.match(body.removeprefix(BOM)) or _BINARY.search(body):
        raise unreadable("$", "neither JSON nor a form")


def form_of(body: bytes) -> dict[str, Any]:
    """A form's fields: `items[0][sku]=A` as a list of objects; a value that is JSON as what it holds.

    Both of HTML's encodings, told by the body itself. Raises order_unreadable.
    """
    check_form(body)
    pairs = _parts(body) if boundary(body) else _pairs(body)
    if not pairs:
        raise unreadable("$", "no fields")
    found: dict[str, Any] = {}
    for name, value in pairs:
        _put(found, [part.strip("[]") for part in _NAME.findall(name)][:20] or [name], _value(value))
    listed: dict[str, Any] = {name: _listed(value) for name, value in found.items()}
    return listed


def _pairs(body: bytes) -> list[tuple[str, str]]:
    if body.count(b"&") >= MOST_FIELDS:
        raise unreadable("$", f"more than {MOST_FIELDS} fields")
    try:
        return parse_qsl(body.decode().strip(), True, errors="strict")
    except UnicodeDecodeError:
        return parse_qsl(body.decode("latin-1").strip(), True, encoding="latin-1")


def boundary(body: bytes) -> bytes:
    """What stands between the parts of a multipart body; it is another one each time."""
    found = _BOUNDARY.match(body)
    return found[1] if found else b""


def without_boundary(body: bytes) -> bytes:
    """The same for the same form, however often it is sent."""
    mark = boundary(body)
    return (b"\n" + body).replace(b"\n--" + mark, b"\n--") if mark else body


def _parts(body: bytes) -> list[tuple[str, str]]:
    """By hand: the standard library's parser of e-mails takes minutes for what is made to be slow."""
    mark = b"\n--" + boundary(body)
    content, end, _ = (b"\n" + body.lstrip()).partition(mark + b"--")
    if not end:
        raise unreadable("$", "a form that was cut off")
    if content.count(mark) > MOST_FIELDS:
        raise unreadable("$", f"more than {MOST_FIELDS} fields")
    return [_part(piece) for piece in content.split(mark)[1:]]


def _part(piece: bytes) -> tuple[str, str]:
    """A part's name and value. A file says nothing of an order, unless it is JSON."""
    blank = _BLANK_LINE.search(piece)
    head, content = (piece[: blank.start()], piece[blank.end() :]) if blank else (piece, b"")
    if len(head) > LONGEST_HEAD:
        raise unreadable("$", "the head of a form's part is too long")
    told = _DISPOSITION.search(_text(head))
    given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(told[1])} if told else {}
    name = re.sub(r"\\(.)", r"\1", given.pop("name", ""))
    is_file = any(given.values()) and not looks_like_json(content)
    return name, "" if is_file else _text(content.removesuffix(b"\r"))


def _text(given: bytes) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError:
        return given.decode("latin-1")


def _value(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(whole(value.encode()))
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _put(place: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        inner = place.setdefault(name or following(place), {})
        if not isinstance(inner, dict):
            return  # `a=1&a[b]=2`: the first counts
        place = inner
    place.setdefault(names[-1] or following(place), value)


def following(place: dict[str, Any]) -> str:
    """The next free number in a list: `a[1]=x&a[]=y`."""
    last = next(reversed(place), "")
    number = int(last) + 1 if last.isdecimal() and len(last) < 10 else len(place)
    while str(number) in place:
        number += 1
    return str(number)


def _listed(value: Any) -> Any:
    """`{"0": …, "1": …}` as a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return list(inner.values())
    return inner
