"""What is written down is true: articles and codes, commands, settings, links."""

import ast
import inspect
import re
import string
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
import typer

from comanda.cli import app
from comanda.connectors import CONNECTORS
from comanda.connectors.base import Connector
from comanda.connectors.contract import fixtures
from comanda.connectors.draft import Address, Customer, Draft, Line, Totals
from comanda.connectors.shopify.connector import Shopify
from comanda.diagnosis.causes import MENDABLE
from comanda.diagnosis.explain import ARTICLES, words
from comanda.problems import CODES

ROOT = Path(__file__).parent.parent
IGNORED = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
LOGOS = ROOT / "comanda" / "web" / "static" / "comanda" / "logos"
SVG = "{http://www.w3.org/2000/svg}"
SENTENCES = ("es", "en", "many_es", "many_en", "orders_es", "orders_en", "todo_es", "todo_en")


def files(suffix: str = "") -> Iterator[Path]:
    """The repository's own files."""
    for path in sorted(ROOT.rglob(f"*{suffix}")):
        inside = set(path.relative_to(ROOT).parts)
        if path.is_file() and not inside & IGNORED and path.suffix != ".pyc":
            yield path


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


DOCS = [path for path in files(".md") if path.parent in (ROOT, ROOT / "docs", ROOT / "bench")]


def blocks(text: str) -> list[str]:
    """The shell blocks of a page."""
    return re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def spans(text: str) -> list[str]:
    """What a page shows as code: shell blocks line by line, and spans within sentences."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks(text) for line in block.replace("\\\n", " ").splitlines()]
    return lines + re.findall(r"`([^`]+)`", prose)


def test_every_code_has_an_article_and_every_article_a_code() -> None:
    assert {path.name for path in ARTICLES.glob("*.md")} == {
        f"{code}{end}" for code in CODES for end in (".md", ".en.md")
    }


def outline(text: str) -> list[str]:
    """The bones of a text: its headings by their depth, its steps by their number, its points, its blocks of code."""
    return re.findall(r"^#+(?= )|^ *\d+\.(?= )|^ *-(?= )|^```.*?^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", CODES)
def test_an_article_is_the_same_in_both_languages(code: str) -> None:
    spanish, english = ((ARTICLES / f"{code}{end}").read_text(encoding="utf-8") for end in (".md", ".en.md"))
    spanish, said = spanish.split("---\n", 2)[2].strip(), words(code)
    assert spanish.startswith(f"# {said['title']}\n")
    assert english.startswith(f"# {said['title_en']}\n")
    assert outline(spanish) == outline(english)
    assert not re.search("[«»¿¡]", english)
    buttons = [key.partition(".")[2] for key in said if key.startswith("action_es")]
    for case in (f".{each}" if each else "" for each in buttons):
        assert (f"**{said['action_es' + case]}**" in spanish) == (f"**{said['action_en' + case]}**" in english)


@pytest.mark.parametrize("code", CODES)
def test_an_article_says_all_that_is_shown(code: str) -> None:
    found = words(code)
    always = {"title", "title_en", "es", "en", "todo_es", "todo_en", "action_es", "action_en"}
    sometimes = {"many_es", "many_en", "orders_es", "orders_en"}
    assert {key for key in found if "." not in key} - sometimes == always
    assert ("many_es" in found) == ("many_en" in found) and ("orders_es" in found) == ("orders_en" in found)
    silent = ("todo_", "action_") if CODES[code].action == "none" else ()
    assert all(value or name.startswith(silent) for name, value in found.items())


@pytest.mark.parametrize("code", CODES)
def test_words_that_depend_on_a_fact_are_there_in_both_languages(code: str) -> None:
    pairs = {"title": "title_en", "es": "en", "todo_es": "todo_en", "action_es": "action_en", "orders_es": "orders_en"}
    cases = [key.partition(".")[::2] for key in words(code) if "." in key]
    assert {case for _, case in cases} <= facts(code)
    spanish = {(pairs[key], case) for key, case in cases if key in pairs}
    assert spanish == {(key, case) for key, case in cases if key not in pairs}


@pytest.mark.parametrize("code", CODES)
def test_sentences_use_only_the_facts_that_a_code_carries(code: str) -> None:
    for kind, sentence in words(code).items():
        if kind.partition(".")[0] not in SENTENCES:
            continue
        named = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
        also = {"many": {"count", "items"}, "orders": {"count"}}.get(kind.partition("_")[0], set())
        assert named <= facts(code) | also, kind


@pytest.mark.parametrize("code", MENDABLE)
def test_a_cause_of_several_orders_does_not_speak_of_one(code: str) -> None:
    found = words(code)
    for language, one in (("es", r"[Ee]l pedido|[Ee]ste pedido"), ("en", r"[Tt]he order\b|[Tt]his order\b")):
        for kind in (kind for kind in found if kind.partition(".")[0] == language):
            said = found.get(kind.replace(language, f"orders_{language}", 1), found[kind])
            assert not re.search(one, said), (kind, said)


def facts(code: str) -> set[str]:
    """The facts that stand beside a code in the table, as words of its comment."""
    table = (ROOT / "comanda" / "problems.py").read_text(encoding="utf-8")
    lines = table.partition("CODES: ")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith(f'"{code}":'))
    entry = [lines[start]]
    while not re.match(r'\s+"\w+":|}', lines[start + len(entry)]):
        entry.append(lines[start + len(entry)])
    said = " ".join(line.partition("#")[2] for line in entry)
    if "the same" in said:
        return facts(list(CODES)[list(CODES).index(code) - 1])
    return set(re.findall(r"[a-z_]+", said))


@pytest.mark.parametrize("path", DOCS, ids=shown)
def test_every_command_exists(path: Path) -> None:
    for span in spans(path.read_text(encoding="utf-8")):
        for given in re.findall(r"(?<![\w/.\-])comanda((?: [^\s|;&)`]+)+)", span):
            check_command(given.split())


def check_command(given: list[str]) -> None:
    command = typer.main.get_command(app)
    while given and command_names(command) and not given[0].startswith("-"):
        if given[0] == "…":
            return
        assert given[0] in command_names(command), given
        command = command.commands[given.pop(0)]  # type: ignore[attr-defined]
    options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    asked = {word.partition("=")[0] for word in given if re.match(r"--\w", word)}
    assert asked <= options, given


def command_names(command: object) -> set[str]:
    return set(getattr(command, "commands", {}))


def test_every_setting_is_described_and_no_other() -> None:
    described = set(re.findall(r"COMANDA_[A-Z_]+", (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")))
    in_table = re.findall(r"^\| `(COMANDA_[A-Z_]+)` \|", (ROOT / "docs" / "operate.md").read_text(), re.MULTILINE)
    read = {name for path in (ROOT / "comanda").rglob("*.py") for name in settings_read(path)}
    assert described == set(in_table) == read
    assert len(in_table) == len(set(in_table))


def settings_read(path: Path) -> Iterator[str]:
    """Names that a file asks the environment for, by `env`, `kept` or in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and re.fullmatch(r"COMANDA_[A-Z_]+", str(node.value)):
            yield str(node.value)
        asks = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("env", "kept_in")
        names = [each.value for each in node.args if isinstance(each, ast.Constant)] if asks else []  # type: ignore[attr-defined]
        yield from (f"COMANDA_{name}" for name in names[:1])


def test_both_languages_of_the_readme_have_the_same_commands() -> None:
    english, spanish = (blocks((ROOT / name).read_text(encoding="utf-8")) for name in ("README.md", "README.es.md"))
    assert english == spanish
    assert len(english) > 5


@pytest.mark.parametrize("path", list(files(".md")), ids=shown)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:|/", target):
            continue
        place, _, heading = target.partition("#")
        found = (path.parent / place).resolve() if place else path
        assert found.exists(), target
        if heading:
            assert heading in headings(found), target


def headings(path: Path) -> set[str]:
    """The anchors of a page, as forges make them of its headings."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", ["docs/journey.md", "docs/connectors.md", "CONTRIBUTING.md", "docs/security.md"])
def test_files_and_tests_that_the_docs_name_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for place in re.findall(r"`((?:comanda|tests|docs|bench|requirements|scripts)/[\w/.\-]+)`", text):
        assert (ROOT / place).exists(), place
    tests = "".join(path.read_text(encoding="utf-8") for path in files(".py") if path.name.startswith("test_"))
    for test in re.findall(r"`(test_\w+)`", text):
        assert f"def {test}(" in tests or (ROOT / "tests" / f"{test}.py").exists(), test


def test_the_canonical_order_names_every_field_and_its_example_is_read_so() -> None:
    text = (ROOT / "docs" / "order-format.md").read_text(encoding="utf-8").partition("\n## The canonical order\n")[2]
    named = set(re.findall(r"`(\w+)`", text))
    assert {field for shape in (Draft, Line, Customer, Address, Totals) for field in shape.__struct_fields__} <= named
    (example,) = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    draft = Shopify().parse("orders/create", fixtures(Shopify())["order.json"])
    assert msgspec.json.decode(example) == msgspec.json.decode(msgspec.json.encode(draft))


@pytest.mark.parametrize("connector", CONNECTORS.values(), ids=list(CONNECTORS))
def test_a_builder_has_a_guide_and_a_logo(connector: Connector) -> None:
    folder = Path(inspect.getfile(type(connector))).parent
    guide = (folder / "guide.md").read_text(encoding="utf-8")
    assert guide.startswith("# Conectar ")
    titles = re.findall("^## (.+)$", guide, re.MULTILINE)
    assert (titles[0], titles[-2:]) == ("Pasos", ["Enviar un pedido de prueba", "Lo que suele fallar"])
    english = (folder / "guide.en.md").read_text(encoding="utf-8")
    assert english.startswith("# Connect ")
    titles = re.findall("^## (.+)$", english, re.MULTILINE)
    assert (titles[0], titles[-2:]) == ("Steps", ["Send a test order", "What usually goes wrong"])
    assert outline(guide) == outline(english)
    assert not re.search("[«»¿¡]", english)
    text = (LOGOS / f"{connector.name}.svg").read_text(encoding="utf-8")
    logo = ElementTree.fromstring(text)
    assert (logo.tag, logo.get("viewBox")) == (f"{SVG}svg", "0 0 48 48")
    assert [each.text for each in logo.findall(f"{SVG}title")] == [connector.label]
    assert {each.tag for each in logo.iter()} <= {
        f"{SVG}{name}" for name in ("svg", "title", "g", "path", "rect", "circle")
    }
    assert not re.search(r"href|url\(|\bon\w+=|style|<[!?]", text)


def test_every_answer_of_the_door_is_described() -> None:
    door = (ROOT / "comanda" / "inbox" / "receive.py").read_text(encoding="utf-8")
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    said = re.findall(r'Refused\((\d+), "(\w+)"', door) + re.findall(r'(\d+), error\("(\w+)"', door)
    assert len(said) >= 9
    assert not [
        (status, code) for status, code in said if not re.search(rf"^\| {status} .*`{code}`", text, re.MULTILINE)
    ]


def test_no_file_names_the_place_it_was_written_at() -> None:
    foreign = ["/" + "work/", "pypi" + ".org", "files." + "pythonhosted" + ".org"]
    for path in files():
        text = path.read_bytes().decode("utf-8", errors="replace")
        assert not [word for word in foreign if word in text], shown(path)
