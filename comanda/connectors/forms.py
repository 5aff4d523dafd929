"""Bodies that are not plain JSON: HTML forms, UTF-16."""

import re
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from comanda.connectors.reading import unreadable, whole

MOST_FIELDS = 3000
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BOUNDARY = re.compile(rb"--([0-9A-Za-z'()+_,./:=?-]{1,70})\r?\n")
_NO_FORM = re.compile(rb"[\s{<]")
_NAME = re.compile(r"[^\[\]]+|\[[^\[\]]*\]")


def utf8(body: bytes) -> bytes:
    """The body as UTF-8, where a byte order mark says that it is UTF-16. Raises order_unreadable."""
    if body[:2] not in UTF16:
        return body
    try:
        return body.decode("utf-16").encode()
    except UnicodeError:
        raise unreadable("$", "not UTF-16, as its first bytes say") from None


def document(body: bytes) -> Any:
    """What the body holds: the JSON, or a form's fields by name. Raises order_unreadable."""
    body = utf8(body)
    if not looks_like_json(body):
        return form_of(body)
    try:
        return msgspec.json.decode(whole(body))
    except RecursionError:
        raise unreadable("$", "nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable("$", str(error)) from None


def looks_like_json(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def check_form(body: bytes) -> None:
    """Raise order_unreadable unless this may be a form, told without reading it whole."""
    if body.lstrip()[:1] == b"<":
        raise unreadable("$", "XML, which cannot be read")
    if body[:2] in UTF16 or boundary(body):
        return
    if b"=" not in body or not body.isascii() or _NO_FORM.search(body.strip()):
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
    try:
        try:
            return parse_qsl(body.decode().strip(), True, max_num_fields=MOST_FIELDS, errors="strict")
        except UnicodeDecodeError:
            return parse_qsl(body.decode().strip(), True, max_num_fields=MOST_FIELDS, encoding="latin-1")
    except ValueError:
        raise unreadable("$", f"more than {MOST_FIELDS} fields") from None


def boundary(body: bytes) -> bytes:
    """What stands between the parts of a multipart body; it is another one each time."""
    found = _BOUNDARY.match(body)
    return found[1] if found else b""


def _parts(body: bytes) -> list[tuple[str, str]]:
    mark = boundary(body)
    if b"--" + mark + b"--" not in body:
        raise unreadable("$", "a form that was cut off")
    head = b'Content-Type: multipart/form-data; boundary="' + mark + b'"\r\n\r\n'
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = list(message.iter_parts())[:MOST_FIELDS]
    return [(str(part.get_param("name", "", "content-disposition")), _said(part)) for part in parts]


def _said(part: Any) -> str:
    if part.get_filename():
        return ""  # a file says nothing of an order
    content = part.get_payload(decode=True) or b""
    try:
        return str(content.decode())
    except UnicodeDecodeError:
        return str(content.decode("latin-1"))


def _value(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _put(place: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        inner = place.setdefault(name or str(len(place)), {})
        if not isinstance(inner, dict):
            return  # `a=1&a[b]=2`: the first counts
        place = inner
    place.setdefault(names[-1] or str(len(place)), value)


def _listed(value: Any) -> Any:
    """`{"0": …, "1": …}` as a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return list(inner.values())
    return inner
