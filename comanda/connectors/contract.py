"""What every connector must hold. A connector's test inherits `Contract`, or `SecretUrl` where the builder signs nothing,
and keeps a good `order.json` in its fixtures.

In a folder of fixtures `order*.json` are whole orders; the other files are what else the builder sends.
"""

import base64
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comanda.connectors import CONNECTORS, glimpse, recognise
from comanda.connectors.base import Connector
from comanda.connectors.draft import Draft, Notice
from comanda.problems import CODES, Problem

SECRET = "s3creto-ñandú"  # noqa: S105
GONE = object()
JUNK = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from([[], {}, [[]], [None], {"": None}, "", "\x00", "NaN", "-1", "1e999999", "0e-999999", 10**300])
    | st.sampled_from(["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30", "&#0;", "x" * 70_000])
)


def fixtures(connector: Connector, pattern: str = "*.json") -> dict[str, bytes]:
    folder = Path(inspect.getfile(type(connector))).parent / "fixtures"
    return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern))}


def edited(body: bytes, path: str | Sequence[str | int], value: Any = GONE) -> bytes:
    """The body with another value at a path ("line_items[0].name"), or without it."""
    if isinstance(path, str):
        path = [name or int(index) for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)]
    place = data = msgspec.json.decode(body)
    for step in path[:-1]:
        place = place[step]
    last = path[-1]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return msgspec.json.encode(data)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every path of a JSON value but the root's."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*path, key))


class Reading:
    """What holds for every builder, whether it signs or not."""

    connector: ClassVar[Connector]
    topic: ClassVar[str]  # of a whole order
    headers: ClassVar[Mapping[str, str]]  # of a delivery, without a signature
    required: ClassVar[Sequence[str]]  # paths in order.json, as are the next two
    amounts: ClassVar[Sequence[str]]
    times: ClassVar[Sequence[str]]
    id_path: ClassVar[str] = "id"  # of the order's own id
    tells: ClassVar[bool] = True  # whether its headers tell topic and store
    family: ClassVar[type[Connector] | None] = None  # of builders that read the same; they share their fixtures

    def bodies(self, pattern: str = "*.json") -> dict[str, bytes]:
        return fixtures(self.family() if self.family else self.connector, pattern)

    def good(self) -> bytes:
        return self.bodies()["order.json"]

    def read(self, body: bytes) -> Draft:
        draft = self.connector.parse(self.topic, body)
        assert isinstance(draft, Draft)
        return draft

    def fault(self, body: bytes) -> str:
        """The path at which an order is unreadable; empty when it is read."""
        try:
            self.connector.parse(self.topic, body)
        except Problem as problem:
            assert problem.code == "order_unreadable"
            return str(problem.facts["path"])
        return ""

    def faults(self, paths: Sequence[str], value: Any) -> list[str]:
        """Where order.json is unreadable, with the value at each of the paths in turn."""
        return [self.fault(edited(self.good(), path, value)) for path in paths]

    def test_names_the_topic_and_the_store(self) -> None:
        envelope = self.connector.envelope(self.headers)
        assert (envelope.topic, bool(envelope.store_key)) == (self.topic, self.tells)
        assert self.topic in self.connector.topics

    @pytest.mark.parametrize("junk", ["", "http://[", "//[::1", "ñ" * 9000, "\x00", "\ud800"])
    def test_headers_never_raise(self, junk: str) -> None:
        assert self.connector.envelope({}).topic == ("" if self.tells else self.topic)
        self.connector.envelope(dict.fromkeys(self.headers, junk))

    @pytest.mark.parametrize("order_id", [2**53 + 1, 820982911946154509, 2**64 + 1, str(2**53 + 1)])
    def test_ids_stay_exact(self, order_id: int | str) -> None:
        assert self.read(edited(self.good(), self.id_path, order_id)).external_id == str(order_id)

    @pytest.mark.parametrize("value", [GONE, None], ids=["missing", "null"])
    def test_what_is_required_is_named_by_its_path(self, value: Any) -> None:
        assert self.faults(self.required, value) == list(self.required)

    @pytest.mark.parametrize("junk", ["diez", "NaN", "-Infinity", "1e999999", "0e-999999", "9" * 40, 10**99])
    def test_absurd_amounts_are_named_by_their_path(self, junk: Any) -> None:
        assert self.faults(self.amounts, junk) == list(self.amounts)

    @pytest.mark.parametrize("junk", ["ayer", "2026-02-30", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
    def test_absurd_times_are_named_by_their_path(self, junk: str) -> None:
        assert self.faults(self.times, junk) == list(self.times)

    def test_what_cannot_be_read_is_found_by_its_id(self) -> None:
        draft = self.read(self.good())
        for path in self.amounts:
            assert glimpse(self.connector, edited(self.good(), path, "diez")) == (draft.external_id, draft.number), path

    @pytest.mark.parametrize("order_id", [True, 1.5, "", None, "9" * 121])
    def test_what_is_no_id_names_no_order(self, order_id: Any) -> None:
        """Cut off, it might be another order's."""
        unreadable = edited(edited(self.good(), self.id_path, order_id), self.amounts[0], "diez")
        assert glimpse(self.connector, unreadable)[0] == ""

    def test_a_byte_order_mark_does_no_harm(self) -> None:
        assert self.read(b"\xef\xbb\xbf" + self.good()) == self.read(self.good())

    @pytest.mark.parametrize(
        "body", [b"", b"null", b"[]", b"{}", b'"x"', b"\xff{}", b'{"x":' * 100_000, b"webhook_id=1"]
    )
    def test_what_is_no_order_is_unreadable(self, body: bytes) -> None:
        assert self.fault(body)

    def test_knows_its_own_orders(self) -> None:
        for name, body in self.bodies("order*.json").items():
            assert isinstance(recognise(body), self.family or type(self.connector)), name
            self.read(body)

    def test_reads_no_other_builders_orders(self) -> None:
        others = [other for other in CONNECTORS.values() if not isinstance(other, self.family or type(self.connector))]
        for other in others:
            for name, body in fixtures(other, "order*.json").items():
                assert self.fault(body), name
                assert not self.connector.recognises(msgspec.json.decode(body)), name

    def test_a_truncated_order_is_unreadable(self) -> None:
        body = self.good().rstrip()
        assert all(self.fault(body[:end]) for end in range(len(body)))

    @settings(
        max_examples=500, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.differing_executors]
    )
    @given(data=st.data())
    def test_junk_gives_a_draft_a_notice_or_a_problem(self, data: st.DataObject) -> None:
        body = data.draw(st.sampled_from(list(self.bodies().values())))
        for _ in range(data.draw(st.integers(1, 3))):
            if places := list(paths(msgspec.json.decode(body))):
                body = edited(body, data.draw(st.sampled_from(places)), data.draw(st.just(GONE) | JUNK))
        try:
            result = self.connector.parse(data.draw(st.sampled_from(sorted(self.connector.topics))), body)
        except Problem as problem:
            assert problem.code in CODES
            return
        assert isinstance(result, Draft | Notice)
        assert len(msgspec.json.encode(result)) < 100_000 + len(body)
        if isinstance(result, Draft):
            assert result.external_id
            assert result.ordered_at is None or result.ordered_at.astimezone(UTC)


class Contract(Reading):
    """For builders that sign."""

    signature: ClassVar[str]  # the header

    def sign(self, body: bytes, secret: str) -> str:
        """As the builder signs."""
        raise NotImplementedError

    def misspelt(self, signature: str) -> list[str]:
        """The right digest written wrongly (for builders that write base64), and no digest at all."""
        hexadecimal = base64.b64decode(signature).hex()
        return [hexadecimal, f"!{signature}", signature.swapcase(), signature[:-4], "ñandú ☕", "\ud800", "="]

    def refusal(self, signature: str | None, body: bytes, secrets: Sequence[str]) -> str:
        headers = {**self.headers} if signature is None else {**self.headers, self.signature: signature}
        with pytest.raises(Problem) as caught:
            self.connector.verify(headers, body, secrets)
        return caught.value.code

    def test_verifies_what_one_of_the_secrets_signed(self) -> None:
        body = self.good()
        headers = {**self.headers, self.signature: self.sign(body, SECRET)}
        for secrets in ([SECRET], ["another", SECRET], [SECRET, "another"], ["", SECRET]):
            self.connector.verify(headers, body, secrets)

    def test_refuses_what_none_of_the_secrets_signed(self) -> None:
        body = self.good()
        signature = self.sign(body, SECRET)
        for secrets in ([], [""], ["another"], [SECRET.upper(), SECRET[:-1]]):
            assert self.refusal(signature, body, secrets) == "signature_invalid"
        assert self.refusal(self.sign(body, ""), body, [""]) == "signature_invalid"

    def test_refuses_a_changed_body(self) -> None:
        body = self.good()
        for changed in (body + b"\n", body[:-1], body.replace(b"0", b"1", 1), b""):
            assert self.refusal(self.sign(body, SECRET), changed, [SECRET]) == "signature_invalid"

    def test_refuses_a_missing_signature(self) -> None:
        assert {self.refusal(absent, self.good(), [SECRET]) for absent in (None, "", "  ")} == {"signature_missing"}

    def test_refuses_a_signature_in_the_wrong_writing(self) -> None:
        body = self.good()
        for wrong in self.misspelt(self.sign(body, SECRET)):
            assert self.refusal(wrong, body, [SECRET]) == "signature_invalid", wrong


class SecretUrl(Reading):
    """For builders that sign nothing: their URL is the secret, their headers tell nothing."""

    tells = False

    def test_takes_what_comes_to_its_url(self) -> None:
        for headers in ({}, self.headers, {"authorization": "Bearer x"}):
            for secrets in ([], [""], [SECRET]):
                self.connector.verify(headers, self.good(), secrets)
        assert not self.connector.credentials
