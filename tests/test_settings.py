"""Settings that cannot be, and commands that are misused: one line that says which and why, and no secret in it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installation import Installation

SECRET = "una-clave-muy-secreta"


def run(installation: Installation, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = installation.env | {f"COMANDA_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "comanda", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "/proc/nothing"), ("HOME", "/etc/passwd"),
        ("DATABASE_URL", SECRET), ("DATABASE_URL", f"mysql://u:{SECRET}@h/x"), ("DATABASE_URL", f"postgres://u:{SECRET}@h:x/x"),
        ("BASE_URL", "foo"), ("BASE_URL", "http://"), ("BASE_URL", "ftp://x"), ("BASE_URL", "http://a:b"),
        ("ALLOWED_HOSTS", "https://x.com/"), ("ALLOWED_HOSTS", "a.com, x.com:8000"),
        ("ENCRYPTION_KEYS", SECRET), ("ENCRYPTION_KEYS", ","),
        ("EMAIL_URL", SECRET), ("EMAIL_URL", f"foo://u:{SECRET}@h"), ("EMAIL_URL", f"smtp://u:{SECRET}@h:abc"),
        ("EMAIL_FROM", "Comanda"), ("RETENTION_DAYS", "abc"), ("RETENTION_DAYS", "0"), ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "9999999"), ("LOG", "xml"), ("LOG_LEVEL", "LOUD"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(installation: Installation, name: str, value: str) -> None:
    ended = run(installation, "doctor", "--json", **{name: value})
    said = json.loads(ended.stdout)["error"]
    assert (ended.returncode, ended.stderr) == (2, "")
    assert (said["code"], said["facts"]) == ("setting_invalid", {"setting": f"COMANDA_{name}"})
    assert said["message"].startswith(f"COMANDA_{name}: ") and SECRET not in said["message"]


def test_it_is_said_in_a_line(installation: Installation) -> None:
    ended = run(installation, "serve", LOG_LEVEL="LOUD")
    said = "COMANDA_LOG_LEVEL: DEBUG or INFO or WARNING or ERROR or CRITICAL, not LOUD\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", said)


def test_settings_that_can_be_are_taken(installation: Installation) -> None:
    key = "x" * 43 + "="
    taken = {
        "BASE_URL": "https://comanda.example.com/",
        "ALLOWED_HOSTS": "a.com, [fe80::1],",
        "ENCRYPTION_KEYS": f"{key}, {key},",
        "EMAIL_URL": "smtp+tls://user:p%40ss@mail.example.com:587",
        "RETENTION_DAYS": "1",
        "DATABASE_URL": "",
        "EMAIL_FROM": "",
        "LOG_LEVEL": "DEBUG",
    }
    assert json.loads(run(installation, "doctor", "--json", **taken).stdout)["checks"][0]["check"] == "database"


@pytest.mark.parametrize("name", ["secret_key", "encryption_keys"])
def test_a_file_of_keys_that_says_nothing_is_named(installation: Installation, name: str) -> None:
    (installation.home / name).write_text("\n")
    ended = run(installation, "doctor")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"COMANDA_HOME: {installation.home / name} is empty\n"


def test_those_who_start_at_once_make_one_key(tmp_path: Path) -> None:
    """Each has the key that is kept, however they come upon each other."""
    script = (
        "import sys, pathlib, secrets; from comanda.environment import kept_in;"
        " print(kept_in(pathlib.Path(sys.argv[1]), 'TRIED_KEY', lambda: secrets.token_hex(8)))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    said = {each.communicate(timeout=60)[0].strip() for each in started}
    assert said == {(tmp_path / "tried_key").read_text()} and [each.name for each in tmp_path.iterdir()] == [
        "tried_key"
    ]
    assert (tmp_path / "tried_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "arguments",
    [
        ["history"],
        ["nothing"],
        ["account", "create", "Ana"],
        ["serve", "--port", "abc"],
        ["retry", "--account", "Ana"],
        ["retry", "--account", "Ana", "--id", "x", "--all"],
        ["retry", "--account", "Ana", "--id", "x", "--cause", "city_unknown"],
        ["retry", "--account", "Ana", "--all", "--anyway"],
    ],
)
def test_wrong_usage_is_one_object_too(installation: Installation, arguments: list[str]) -> None:
    installation.hook()
    ended = run(installation, *arguments, "--json")
    said = json.loads(ended.stdout)["error"]
    assert (ended.returncode, ended.stderr, said["code"], said["facts"]) == (2, "", "usage", {})
    assert said["message"] and len(ended.stdout.splitlines()) == 1
    ended = run(installation, *arguments)
    assert (ended.returncode, ended.stdout) == (2, "") and "Usage: " in ended.stderr
