"""What docs/operate gives to be copied, units of systemd and a file for compose: the same roles as the Procfile, settings that there are,
and time enough to end. nginx.conf is run by `test_machines`."""

import configparser
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from configparser import SectionProxy
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from server.embedded import find_redis
from server.endpoints.limits import BODY_BYTES, CONTACTS_BYTES, HOOK_BYTES, MEDIA_BYTES
from server.operate.look_machine import FILES
from server.roles import LAST_RESORT_SECONDS, ROLES
from server.settings import PREFIX, Settings
from server.store.gone_back import DOUBTED, NEW_EPOCH
from tests.fixtures.processes import ROOT
from tests.fixtures.redis_server import RedisServer
from tests.fixtures.waiting import wait_until

OPERATE = ROOT / "docs" / "operate"
UNITS = sorted((OPERATE / "systemd").iterdir())
SECRETS = {"DATABASE_PASSWORD": "datapass", "REDIS_PASSWORD": "redispass"}


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def unit(path: Path) -> configparser.ConfigParser:
    return read_unit(path.read_text())


def read_unit(text: str) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(text)
    return read


def compose() -> Any:
    text = re.sub(r"\$\{(\w+):\?\}", lambda name: SECRETS[name.group(1)], (OPERATE / "compose.yaml").read_text())
    assert "$" not in text
    return yaml.safe_load(text)


def environment_of(service: SectionProxy) -> dict[str, str]:
    """Without HOME, which is no setting: it has to be the one folder that a process may write."""
    words = service["Environment"].replace("%S", "/var/lib").replace("%i", "8001").split()
    environment = dict(word.split("=", 1) for word in words)
    assert environment.pop("HOME") == environment["PARTYLINE_VAR"], "asyncpg looks into HOME, and ends where it may not"
    return environment


def settings_of(environment: dict[str, str]) -> Settings:
    """As a process would read them. Raises for a value that it would refuse."""
    values: dict[str, Any] = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items()}
    assert [name for name in values if name not in Settings.model_fields] == []
    return Settings(_env_file=None, **values)


def test_there_is_a_unit_for_each_line_of_the_procfile_and_it_runs_the_same() -> None:
    assert tuple(procfile()) == ROLES
    assert {path.name for path in UNITS} == {f"partyline-{role}@.service" for role in ROLES}
    for role, command in procfile().items():
        program, run = unit(OPERATE / "systemd" / f"partyline-{role}@.service")["Service"]["ExecStart"].split()
        assert [Path(program).name, run] == command.split()[-2:]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_sets_what_there_is_and_leaves_time_to_end(path: Path) -> None:
    service = unit(path)["Service"]
    settings = settings_of(environment_of(service))
    assert str(settings.var) == f"/var/lib/{service['StateDirectory']}", "all else is read only"
    assert settings.port == (8001 if path.name.startswith("partyline-web") else 8000)
    assert service["Restart"] == "always"
    assert unit(path)["Unit"]["StartLimitIntervalSec"] == "0"
    assert int(service["TimeoutStopSec"]) > LAST_RESORT_SECONDS
    assert ("LimitNOFILE" in service) is path.name.startswith("partyline-web")
    assert int(service.get("LimitNOFILE", FILES)) >= FILES


def test_the_units_say_the_same_but_for_what_is_the_role_s_own() -> None:
    own = {"Description", "ExecStart", "Environment", "LimitNOFILE"}
    said = [{(part, key, value) for part, keys in unit(path).items() for key, value in keys.items() if key not in own} for path in UNITS]
    assert said[0] == said[1] == said[2]


def test_what_an_operator_runs_by_hand_and_every_night_has_the_user_folder_and_settings_of_the_units() -> None:
    service = unit(UNITS[0])["Service"]
    environment = environment_of(service)
    words = shlex.split((OPERATE / "partyline.sh").read_text().partition("exec ")[2])
    options = [word for word in words if word.startswith("--")]
    for option in (
        f"--uid={service['User']}",
        f"--working-directory={environment['PARTYLINE_VAR']}",
        f"--setenv=HOME={environment['PARTYLINE_VAR']}",
        f"--setenv=PARTYLINE_VAR={environment['PARTYLINE_VAR']}",
        f"--property=EnvironmentFile={service['EnvironmentFile']}",
        f"--property=UMask={service['UMask']}",
    ):
        assert option in options
    assert words[-2:] == [service["ExecStart"].split()[0], "$@"]
    [text] = re.findall(r"(?ms)^# /etc/systemd/system/partyline-backup\.service\n(.*?)^```", (OPERATE / "backup.md").read_text())
    night = read_unit(text)["Service"]
    assert environment_of(night) == environment
    for key in ("User", "EnvironmentFile", "UMask"):
        assert night[key] == service[key]
    assert night["WorkingDirectory"] == environment["PARTYLINE_VAR"]
    assert words[-2] in night["ExecStart"]


def test_the_compose_file_runs_each_line_of_the_procfile() -> None:
    services = compose()["services"]
    for role, command in procfile().items():
        assert services[role]["command"].split() == command.split()[-2:]
        assert float(services[role]["stop_grace_period"].removesuffix("s")) > LAST_RESORT_SECONDS
        assert services[role]["deploy"]["replicas"] > 1
    assert services["web"]["ulimits"]["nofile"] >= FILES


def test_the_compose_file_has_settings_that_a_process_takes_and_leads_them_to_its_own_engines() -> None:
    written = compose()
    settings = settings_of(written["x-partyline"]["environment"])
    assert settings.database_url == "postgresql://partyline:datapass@postgres/partyline"
    assert written["services"]["postgres"]["environment"] == {
        "POSTGRES_USER": "partyline",
        "POSTGRES_DB": "partyline",
        "POSTGRES_PASSWORD": "datapass",
    }
    assert settings.redis_url == "redis://:redispass@redis:6379"
    assert f"{settings.var}" in [volume.split(":")[1] for volume in written["x-partyline"]["volumes"]]
    assert list(settings.trusted_proxies) == [each["subnet"] for each in written["networks"]["default"]["ipam"]["config"]]


def test_the_image_has_what_is_installed_and_nothing_else_that_lies_in_a_checkout() -> None:
    lines = compose()["x-partyline"]["build"]["dockerfile_inline"].splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY")}
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert copied == {"requirements/run.txt", "pyproject.toml", *(name.rstrip("*") for name in packages)}


def test_the_compose_file_names_nothing_that_it_does_not_have() -> None:
    written = compose()
    services = written["services"]
    assert {each for service in services.values() for each in service.get("depends_on", [])} <= set(services)
    mounts = [volume.split(":") for service in services.values() for volume in service.get("volumes", [])]
    assert {source for source, *_ in mounts if not source.startswith(".")} == set(written["volumes"])
    wanted = re.findall(r"(?m)^\s*ssl_certificate(?:_key)?\s+(\S+);", (OPERATE / "nginx.conf").read_text())
    assert len(wanted) == 2
    assert set(wanted) <= {inside for _, inside, *_ in mounts}


def test_nginx_lets_the_largest_body_through_that_partyline_takes() -> None:
    [megabytes] = re.findall(r"(?m)^\s*client_max_body_size (\d+)m;", (OPERATE / "nginx.conf").read_text())
    assert int(megabytes) * 1024**2 > max(HOOK_BYTES, BODY_BYTES, MEDIA_BYTES, CONTACTS_BYTES)


def test_what_is_done_by_hand_after_postgresql_s_own_recovery_is_what_restore_does() -> None:
    [sql] = re.findall(r"```sql\n(.*?)```", (OPERATE / "backup.md").read_text(), re.DOTALL)
    epoch, doubted = (" ".join(each.split()) for each in sql.split(";") if each.strip())
    assert epoch.startswith(NEW_EPOCH.format(schema="", epoch="").rstrip("'"))
    assert doubted == " ".join(DOUBTED.format(schema="", now="extract(epoch from now()) * 1000000").split())


@pytest.fixture
def redis_of_compose() -> Iterator[RedisServer]:
    """Its very command, but for where it listens."""
    server = RedisServer()
    words = shlex.split(compose()["services"]["redis"]["command"])
    assert words[0] == "redis-server"
    process = subprocess.Popen([find_redis().path, *words[1:], "--port", "0", "--unixsocket", server.socket, "--dir", server.folder])
    try:
        wait_until(server.socket.exists)
        yield server
    finally:
        process.kill()
        process.wait()
        server.remove()


def test_redis_takes_the_command_that_the_compose_file_gives_it(redis_of_compose: RedisServer) -> None:
    wait_until(lambda: redis_of_compose.ask("AUTH redispass") == b"+OK\r\n")
    assert redis_of_compose.ask("PING").startswith(b"-NOAUTH")
    asked = "AUTH redispass\r\nCONFIG GET client-output-buffer-limit"
    wait_until(lambda: b"pubsub 33554432 8388608 60" in redis_of_compose.ask(asked))
