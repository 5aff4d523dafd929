"""A catalogue as merchants' spreadsheets save it: every spelling is read, nothing is guessed, nothing is half imported."""

import time
from decimal import Decimal

import pytest

from comanda.accounts.access import by_operator
from comanda.accounts.models import AuditEntry
from comanda.catalogue.load import Loaded, load
from comanda.catalogue.models import Product, Variant
from comanda.orders.models import Order
from tests.cast import Cast
from tests.test_rules import outcome
from tests.test_versions import lines

HEADER = "product,variant,sku,price,cost,stock\n"
GOWN = HEADER + "Camisón Niña,Única,CAM-Ñ,1299,500,7\n"


def bring(cast: Cast, raw: str | bytes) -> Loaded:
    return load(by_operator(cast.account), raw if isinstance(raw, bytes) else raw.encode())


def catalogue() -> list[tuple[str, str, str, str, str, int | None]]:
    rows = Variant.objects.exclude(sku="FAJA-M").select_related("product").order_by("pk")
    return [(v.product.name, v.name, v.sku, f"{v.price}", f"{v.cost}", v.stock) for v in rows]


def refused(cast: Cast, raw: str | bytes) -> list[tuple[int, str]]:
    """What was said of a file that is not imported."""
    before = list(Variant.objects.values_list()), Product.objects.count(), AuditEntry.objects.count()
    loaded = bring(cast, raw)
    assert (loaded.products, loaded.variants, loaded.reprocessed) == (0, 0, 0)
    assert (list(Variant.objects.values_list()), Product.objects.count(), AuditEntry.objects.count()) == before
    assert all(each.line > 0 and each.message for each in loaded.errors)
    return [(each.line, each.message) for each in loaded.errors]


@pytest.mark.parametrize(
    "raw",
    [
        GOWN.encode(),
        b"\xef\xbb\xbf" + GOWN.encode(),
        GOWN.encode("latin-1"),
        GOWN.encode("cp1252"),
        GOWN.encode("utf-16"),
        b"\xfe\xff" + GOWN.encode("utf-16-be"),
        GOWN.replace(",", ";").encode(),
        GOWN.replace(",", "\t").encode("utf-16"),
        GOWN.replace("\n", "\r\n").encode(),
        GOWN.replace("\n", "\r").encode(),
        GOWN.rstrip().encode(),
        (GOWN + "\n,,,,,\n").encode(),
        GOWN.replace("product,variant", "  PRODUCT , Variant ").encode(),
        ('"' + GOWN.strip().replace("\n", '"\n"').replace(",", '","') + '"\n').encode(),
        GOWN.replace("CAM-Ñ,", "CAM-Ñ\x00,").encode(),
        "sku,stock,cost,price,variant,product,extra\nCAM-Ñ,7,500,1299,Única,Camisón Niña,x\n".encode(),
        ("sep=;\r\n" + GOWN.replace(",", ";").replace("\n", "\r\n")).encode(
            "utf-8-sig"
        ),  # as Excel writes and reads it
        ("SEP=\t\n" + GOWN.replace(",", "\t")).encode("utf-16"),
    ],
)
def test_every_spelling_is_read(cast: Cast, raw: bytes) -> None:
    assert bring(cast, raw) == Loaded(1, 1, [])
    assert catalogue() == [("Camisón Niña", "Única", "CAM-Ñ", "1299.00", "500.00", 7)]


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("1299", "1299.00"), ("1.299,50", "1299.50"), ("1,299.50", "1299.50"), ("1299,5", "1299.50"), ("1299.5", "1299.50"),
        ("1.299", "1299.00"), ("1,299", "1299.00"), ("$ 45.000", "45000.00"), ("1.234.567", "1234567.00"),
        ("1.234.567,89", "1234567.89"), ("1 299,50", "1299.50"), ("1\xa0299", "1299.00"), ("0.126", "0.13"),
        ("0,5", "0.50"), ("0", "0.00"), ("", "None"), ("12.5000", "12.50"), ("COP 45.000", None), ("45.000 COP", None),
        ("1.29.50", None), ("1,2,3", None), ("1.299,50,1", None), ("1.299.50", None), ("abc", None), ("-5", None),
        ("1e5", None), ("NaN", None), ("Infinity", None), ("1e30", None), ("1_000", None), ("999999999999.999", None),
        ("9" * 5000, None), ("=1+1", None), ("--", None), (".", None), (",5", None),
    ],
)  # fmt: skip
def test_amounts_are_read_or_refused_and_never_guessed(cast: Cast, cell: str, price: str | None) -> None:
    raw = f'product;variant;sku;price;cost;stock\nTónico;;TON;"{cell}";;\n'
    if price is None:
        ((line, message),) = refused(cast, raw)
        assert (line, message.startswith("price ")) == (2, True)
    else:
        assert bring(cast, raw).errors == []
        assert catalogue()[0][3] == price


@pytest.mark.parametrize("cell", ["1.5", "-1", "3000000000", "99999999999999999999", "abc", "=A1"])
def test_stock_is_a_number_of_pieces(cast: Cast, cell: str) -> None:
    ((line, message),) = refused(cast, HEADER + f"Tónico,,TON,,,{cell}\n")
    assert (line, message.startswith("stock ")) == (2, True)


@pytest.mark.parametrize(("cell", "said"), [("2147483647", ""), ("2147483648", "range"), ("1,5", "number of pieces")])
def test_stock_goes_as_far_as_it_is_said_to(cast: Cast, cell: str, said: str) -> None:
    raw = f"product;sku;stock\nTónico;TON;{cell}\n"
    if said:
        assert said in refused(cast, raw)[0][1]
    else:
        assert bring(cast, raw).errors == [] and catalogue()[0][5] == int(cell)


@pytest.mark.parametrize("sku", ["1,23E+05", "1.23457E+12", "7,70212E+12", "1E+15"])
def test_a_sku_that_a_spreadsheet_has_shortened_is_refused(cast: Cast, sku: str) -> None:
    """All long numbers become the same few, and match no order."""
    raw = f"product;sku;price\nFaja;{sku};1000\nTónico;{sku};1000\nBuena;1E5;1000\n"
    assert [line for line, _ in refused(cast, raw)] == [2, 3]
    assert f"has made {sku} of a long number" in refused(cast, raw)[0][1]
    cast.product("Faja", sku=sku)  # unless the catalogue has it so
    assert bring(cast, f"product;sku;price\nFaja;{sku};1000\n").errors == []


def test_lines_are_counted_as_the_spreadsheet_does(cast: Cast) -> None:
    assert refused(cast, "sep=;\nproduct;sku;price\nUno;U-1;1\nDos;D-1;abc\n")[0][0] == 4


def test_prices_that_lost_their_thousands_are_told_of(cast: Cast) -> None:
    raw = "product;variant;sku;price;cost\nFaja Reductora;M;FAJA-M;109,9;50000\nUno;;U;89.9;\nDos;;D;110;\nTres;;T;45000;12\n"
    assert [(each.line, each.column) for each in bring(cast, raw).doubts] == [
        (2, "price"),
        (3, "price"),
        (4, "price"),
        (5, "cost"),
    ]
    back = "product;sku;price\nFaja Reductora;FAJA-M;109900\n"
    assert [(each.line, each.column) for each in bring(cast, back).doubts] == [(2, "price")]
    assert bring(cast, back).doubts == []


def test_small_prices_are_usual_where_money_has_cents(cast: Cast) -> None:
    cast.account.currency = "USD"
    cast.account.save()
    assert bring(cast, "product;sku;price\nUno;U;89.9\nDos;D;0,5\nFaja Reductora;FAJA-M;100000\n").doubts == []
    assert len(bring(cast, "product;sku;price\nUno;U;0.09\n").doubts) == 1


@pytest.mark.parametrize("column", ["product", "variant", "sku"])
@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-cmd()", "\t=1", " =1", "x" * 256])
def test_formulas_and_endless_texts_are_refused(cast: Cast, column: str, cell: str) -> None:
    values = {"product": "Tónico", "variant": "", "sku": ""} | {column: cell}
    (error,) = refused(cast, f'product,variant,sku\n"{values["product"]}","{values["variant"]}","{values["sku"]}"\n')
    assert error[0] == 2


def test_quoted_cells_keep_what_is_in_them(cast: Cast) -> None:
    bring(cast, HEADER + '"Faja ""Reina"", talla única","Rojo\nclaro",F-1,"1,299.50",,\n')
    assert catalogue() == [('Faja "Reina", talla única', "Rojo\nclaro", "F-1", "1299.50", "None", None)]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"", 1),
        (b"\n\n", 1),
        (HEADER.encode(), 1),
        (b"Faja,M,F-1,1,1,1\n", 1),
        (b"nombre,precio\nFaja,1\n", 1),
        (b"product,price\nFaja,1\n", 1),
        (HEADER.encode() + b",M,F-1,1,1,1\n", 2),
        (HEADER.encode() + b'"Faja,M,F-1,1,1,1\n', 2),
        (HEADER.encode() + b"Faja,M,F-1,1.299,50,10,5\n", 2),  # a decimal comma that nobody quoted shifts the cells
        (b"\xff\xfeabc", 1),
        (b"\xff\xfe", 1),
        (b"\x00" * 100, 1),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1),
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(range(256)) * 4, 1),
        (HEADER.encode() + b"Faja," + b"x" * 200_000 + b"\n", 2),
    ],
)
def test_what_is_no_catalogue_is_refused_with_a_reason(cast: Cast, raw: bytes, line: int) -> None:
    assert refused(cast, raw)[0][0] == line


def test_all_the_wrong_lines_are_named_and_nothing_is_imported(cast: Cast) -> None:
    raw = HEADER + "Uno,,U-1,1,,\nDos,,U-1,2,,\n,,X,,,\nTres,,T,abc,,\nCuatro,,,4,,\nCuatro,,,5,,\nCuatro,,C-4,,,\n"
    assert [line for line, _ in sorted(refused(cast, raw))] == [3, 4, 5, 7, 8]


def test_once_more_brings_up_to_date(cast: Cast) -> None:
    raw = HEADER + "Tónico,,TON,1000,400,5\nKit,Rojo,,2000,,\nKit,Azul,,2000,,\nFaja Reductora,M,FAJA-M,99000,,\n"
    assert bring(cast, raw) == Loaded(2, 4, [])
    before = list(Variant.objects.order_by("pk").values_list())
    assert bring(cast, raw) == Loaded(0, 4, [])
    assert list(Variant.objects.order_by("pk").values_list()) == before
    bring(cast, HEADER + "Tónico,,TON,1500,,0\nKit,Azul,KIT-A,,,3\n")
    assert catalogue() == [
        ("Tónico", "", "TON", "1500.00", "400.00", 0),
        ("Kit", "Rojo", "", "2000.00", "None", None),
        ("Kit", "Azul", "KIT-A", "2000.00", "None", 3),
    ]
    cast.faja.refresh_from_db()
    assert (cast.faja.price, cast.faja.stock, Variant.objects.count()) == (Decimal(99000), 100, 4)


def test_an_empty_sku_leaves_the_one_that_is_there(cast: Cast) -> None:
    bring(cast, HEADER + "Faja Reductora,M,,99000,,\n")
    cast.faja.refresh_from_db()
    assert (cast.faja.sku, cast.faja.price, Variant.objects.count()) == ("FAJA-M", Decimal(99000), 1)


def test_a_product_that_is_renamed_is_no_second_one(cast: Cast) -> None:
    bring(cast, HEADER + "Faja Nueva,Mediana,FAJA-M,,,\n")
    cast.faja.refresh_from_db()
    assert (str(cast.faja), Product.objects.count(), Variant.objects.count()) == ("Faja Nueva Mediana", 1, 1)


def test_two_variants_that_swap_their_names_stay_themselves(cast: Cast) -> None:
    bring(cast, HEADER + "Té,Verde,V,1,,\nTé,Negro,N,2,,\n")
    bring(cast, HEADER + "Té,Negro,V,1,,\nTé,Verde,N,2,,\nTé,Negro,OTRO,3,,\n")
    assert [row[1:4] for row in catalogue()] == [
        ("Negro", "V", "1.00"),
        ("Verde", "N", "2.00"),
        ("Negro", "OTRO", "3.00"),
    ]


def test_another_accounts_catalogue_is_not_touched(cast: Cast) -> None:
    other = Cast("Berta")
    bring(cast, HEADER + "Faja Reductora,M,FAJA-M,1,1,1\nTónico,,TON,1,1,1\n")
    other.faja.refresh_from_db()
    assert (other.faja.price, other.faja.stock) == (Decimal(109900), 100)
    assert Variant.objects.filter(account=other.account).count() == 1


def test_fifty_thousand_lines(cast: Cast) -> None:
    waiting = cast.send(cast.order(line_items=lines(cast, sku="S-49999", variant_id=9)))
    raw = HEADER + "".join(f"Producto {n // 5},Talla {n % 5},S-{n},{n},1,10\n" for n in range(50_000))
    seen: list[int] = []
    began = time.monotonic()
    loaded = load(by_operator(cast.account), raw.encode(), lambda done, of: seen.append(of - done))
    again = bring(cast, raw.replace(",10\n", ",11\n"))
    assert time.monotonic() - began < 30
    assert loaded == Loaded(10_000, 50_000, [], 1)
    assert (again.products, again.variants, again.errors) == (0, 50_000, [])
    assert (len(seen), seen[-1]) == (50_000, 0)
    assert (Variant.objects.count(), Variant.objects.filter(stock=11).count()) == (50_001, 50_000)
    cast.work()
    assert outcome(waiting) == ("registered", "", 1)
    assert Order.objects.get().lines.get().sku == "S-49999"
