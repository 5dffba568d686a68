"""Settings: what is accepted, what is refused, and that every fault is told at once."""

import threading
from pathlib import Path

import pytest

from server.settings import SettingsError, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusals(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(f"PARTYLINE_{name}", value)
        try:
            load_settings()
        except SettingsError as error:
            return error.faults
        return []


def test_without_any_setting_everything_is_in_var_and_on_this_machine(folder: Path) -> None:
    settings = load_settings()
    assert settings.var == folder / "var"
    assert settings.database_url == f"sqlite:///{folder}/var/partyline.db"
    assert settings.media_url == f"file://{folder}/var/media"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.embedded
    assert not settings.secure


def test_every_fault_is_told_at_once_by_the_name_of_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusals(
        monkeypatch,
        PORT="eighty",
        BASE_URL="http://sms.example.com",
        DATABASE_URL="mysql://x",
        REDIS_URL="http://x",
        SECRET_KEY="short",
        TRUSTED_PROXIES="10.0.0.0/8, nonsense",
        LOG_LEVEL="loud",
        MEDIA_URL="/tmp",
        CARRIER_TWILIO_URL="twilio",
    )
    assert sorted(fault.split(":")[0] for fault in told) == [
        "PARTYLINE_BASE_URL",
        "PARTYLINE_CARRIER_TWILIO_URL",
        "PARTYLINE_DATABASE_URL",
        "PARTYLINE_LOG_LEVEL",
        "PARTYLINE_MEDIA_URL",
        "PARTYLINE_PORT",
        "PARTYLINE_REDIS_URL",
        "PARTYLINE_SECRET_KEY",
        "PARTYLINE_TRUSTED_PROXIES",
    ]


def test_a_fault_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    told = refusals(monkeypatch, SECRET_KEY="planted", DATABASE_URL="mysql://u:planted@x", REDIS_URL="redis://u:planted@10.1.2.3")
    assert len(told) > 0
    assert "planted" not in " ".join(told)


def test_the_representation_of_settings_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYLINE_SECRET_KEY", "planted" * 8)
    monkeypatch.setenv("PARTYLINE_DATABASE_URL", "postgresql://u:planted@x/y")
    monkeypatch.setenv("PARTYLINE_REDIS_URL", "redis://u:planted@127.0.0.1")
    settings = load_settings()
    assert settings.secret_key.get_secret_value() == "planted" * 8
    assert "planted" not in f"{settings!r} {settings}"


def test_the_secret_key_is_made_once_and_only_its_owner_may_read_it(folder: Path) -> None:
    first, second = load_settings(), load_settings()
    assert len(first.secret_key.get_secret_value()) == 64
    assert first.secret_key == second.secret_key
    assert (folder / "var" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert (folder / "var").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (folder / "var").iterdir()] == ["secret_key"]


def test_roles_that_start_together_get_one_secret_key() -> None:
    keys: list[str] = []
    start = threading.Barrier(8)

    def role() -> None:
        start.wait()
        keys.append(load_settings().secret_key.get_secret_value())

    threads = [threading.Thread(target=role) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://SMS.Example.com/", "https://sms.example.com"),
        ("https://sms.example.com:443", "https://sms.example.com"),
        ("https://sms.example.com:8443", "https://sms.example.com:8443"),
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_the_base_url_is_written_as_a_browser_writes_an_origin(given: str, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYLINE_BASE_URL", given)
    assert load_settings().base_url == kept


@pytest.mark.parametrize(
    "given",
    [
        "http://sms.example.com",
        "http://10.0.0.1",
        "https://x/path",
        "https://u:p@x",
        "https://x?q",
        "ftp://x",
        "sms.example.com",
        "https://x:port",
    ],
)
def test_a_base_url_that_is_no_safe_origin_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [fault.split(":")[0] for fault in refusals(monkeypatch, BASE_URL=given)] == ["PARTYLINE_BASE_URL"]


@pytest.mark.parametrize(
    "given",
    [
        "redis://127.0.0.1:6379",
        "redis://localhost",
        "redis://[::1]/0",
        "unix:///run/redis.sock",
        "rediss://user:password@redis.example.com",
        "rediss://:password@redis.example.com?ssl_cert_reqs=required",
        "redis+sentinel://127.0.0.1:26379,localhost:26380/calls",
        "rediss+cluster://:password@a.example.com,b.example.com",
    ],
)
def test_a_redis_that_nobody_else_can_reach_is_accepted(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(monkeypatch, REDIS_URL=given) == []


@pytest.mark.parametrize(
    "given",
    [
        "redis://redis.example.com",
        "redis://:password@redis.example.com",
        "redis://user:password@10.0.0.1",
        "rediss://redis.example.com",
        "rediss://:password@redis.example.com?ssl_cert_reqs=none",
        "redis+sentinel://:password@127.0.0.1,redis.example.com/calls",
        "redis+cluster://:password@a.example.com,b.example.com",
    ],
)
def test_a_redis_on_the_network_without_password_and_tls_is_refused_unless_allowed(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [fault.split(":")[0] for fault in refusals(monkeypatch, REDIS_URL=given)] == ["PARTYLINE_REDIS_URL"]
    assert refusals(monkeypatch, REDIS_URL=given, ALLOW_INSECURE_REDIS="1") == []


def test_a_folder_that_cannot_be_made_is_a_fault_of_var(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").touch()
    assert [fault.split(":")[0] for fault in refusals(monkeypatch, VAR=str(folder / "file" / "var"))] == ["PARTYLINE_VAR"]


def test_settings_also_come_from_a_file_and_the_environment_wins(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("PARTYLINE_PORT=9001\nPARTYLINE_TRUSTED_PROXIES=10.0.0.1, 192.168.0.0/16\nPARTYLINE_HOST=0.0.0.0\n")
    monkeypatch.setenv("PARTYLINE_PORT", "9002")
    settings = load_settings()
    assert (settings.port, settings.host, settings.trusted_proxies) == (9002, "0.0.0.0", ("10.0.0.1", "192.168.0.0/16"))
    assert settings.base_url == "http://127.0.0.1:9002"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusals(monkeypatch, PORT="", REDIS_URL="", SECRET_KEY="") == []


def test_a_misspelt_variable_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYLINE_PROT", "80")
    monkeypatch.setenv("PARTYLINE_PORT", "80")
    assert unknown_variables() == ["PARTYLINE_PROT"]


def test_a_carrier_has_another_address_only_when_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYLINE_CARRIER_TWILIO_URL", "http://127.0.0.1:9/")
    settings = load_settings()
    assert settings.carrier_url("twilio") == "http://127.0.0.1:9"
    assert settings.carrier_url("telnyx") == ""


@pytest.mark.parametrize(
    "given",
    [
        "file:///srv/media",
        "s3://attachments",
        "s3://attachments/partyline/media?region=eu-central-1",
        "s3://attachments/x?endpoint=https://minio.example:9000&region=us-east-1",
        "s3://attachments?endpoint=http://127.0.0.1:9000",
    ],
)
def test_attachments_are_kept_in_a_folder_or_in_a_bucket(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTYLINE_MEDIA_URL", given)
    assert load_settings().media_url == given


@pytest.mark.parametrize(
    "given",
    [
        "/srv/media",
        "file://media",
        "gs://attachments",
        "s3://",
        "s3://AKIA:planted@attachments",
        "s3://attachments?secret_access_key=planted",
        "s3://attachments?endpoint=minio:9000",
        "s3://attachments?endpoint=http://minio.example:9000",
        "s3://attachments?endpoint=https://AKIA:planted@minio.example",
    ],
)
def test_another_place_for_attachments_is_refused_and_no_key_is_repeated(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    [told] = refusals(monkeypatch, MEDIA_URL=given)
    assert told.startswith("PARTYLINE_MEDIA_URL: ")
    assert "planted" not in told
