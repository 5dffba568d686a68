"""What an operator can set: environment variables `PARTYLINE_…`, or the same names in `.env`."""

import ipaddress
import os
import re
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from channels.address import parse

PREFIX = "PARTYLINE_"
SECRET_KEY_FILE = "secret_key"
SECRET_KEY_LEAST = 32
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
LogLevel = Literal["debug", "info", "warning", "error"]


class SettingsError(Exception):
    """One sentence for each fault, each beginning with the variable's name."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    var: Path = Field(default=Path("var"), description="folder for everything that is kept: database, media, keys, sockets")
    database_url: str = Field(default="", repr=False, description="`sqlite:///path` or `postgresql://…`; default: in VAR")
    redis_url: str = Field(
        default="",
        repr=False,
        description="`redis://`, `rediss://`, `unix://`, `redis+sentinel://` or `redis+cluster://`; default: the embedded one",
    )
    allow_insecure_redis: bool = Field(default=False, description="1 accepts a distant Redis without password and TLS")
    base_url: str = Field(default="", description="public address, such as https://sms.example.com; default: HOST and PORT")
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    secret_key: SecretStr = Field(default=SecretStr(""), description="32 characters or more; default: made once, kept in VAR")
    media_url: str = Field(
        default="", description="where attachments are kept: `file:///path` or `s3://bucket/prefix?region=…&endpoint=…`; default: in VAR"
    )
    log_level: LogLevel = Field(default="info", description="debug, info, warning or error")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="addresses or networks, by commas, whose X-Forwarded-For and -Proto are believed"
    )
    metrics_from: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="addresses or networks, by commas, that may read `/metrics`; this machine always may"
    )
    metrics_port: int | None = Field(
        default=None, ge=0, le=65535, description="port on HOST where a timer or sender process answers `/metrics`, `/readyz`, `/healthz`"
    )
    inside_addresses: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="`host:port` by commas: webhooks, attachments and generic gateways may be there, though not public"
    )
    carrier_twilio_url: str = Field(default="", description="another address for Twilio's API: a gateway, a test")
    carrier_telnyx_url: str = Field(default="", description="the same for Telnyx")
    carrier_bandwidth_url: str = Field(default="", description="the same for Bandwidth")
    carrier_plivo_url: str = Field(default="", description="the same for Plivo")
    carrier_vonage_url: str = Field(default="", description="the same for Vonage")
    carrier_kannel_url: str = Field(default="", description="the address of Kannel's sendsms service")
    carrier_generic_url: str = Field(default="", description="the address that generic carriers without a send_url use")
    carrier_sandbox_url: str = Field(default="", description="the address of a sandbox that runs elsewhere")

    @property
    def secure(self) -> bool:
        """Whether browsers come over https."""
        return self.base_url.startswith("https://")

    @property
    def embedded(self) -> bool:
        """Whether Redis is the one that Partyline runs itself."""
        return not self.redis_url

    def carrier_url(self, kind: str) -> str:
        """The API address set for carriers of this kind, or an empty string."""
        address = getattr(self, f"carrier_{kind}_url")
        assert isinstance(address, str)
        return address

    @field_validator("log_level", mode="before")
    @classmethod
    def _fold_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("trusted_proxies", "metrics_from", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        networks = tuple(part.strip() for part in value.split(",") if part.strip())
        for network in networks:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError as error:
                raise ValueError(f"{network!r} is neither an address nor a network") from error
        return networks

    @field_validator("inside_addresses", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        places = tuple(part.strip() for part in value.split(",") if part.strip())
        for place in places:
            host, _, port = place.rpartition(":")
            if not host or not port.isascii() or not port.isdigit():
                raise ValueError(f"{place!r} is not host:port")
        return places

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value and not (value.startswith(("postgresql://", "postgres://")) or value.removeprefix("sqlite:///") not in ("", value)):
            raise ValueError("must be sqlite:///path or postgresql://…")
        return value

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, value: str) -> str:
        if value:
            parse(value)
        return value

    @field_validator("base_url")
    @classmethod
    def _check_base(cls, value: str) -> str:
        return _origin_of(value) if value else value

    @field_validator("media_url")
    @classmethod
    def _check_media(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme == "s3":
            _check_bucket(parts)
        elif value and (parts.scheme != "file" or not parts.path.startswith("/")):
            raise ValueError("must be file:///path or s3://bucket/prefix")
        return value

    @field_validator("secret_key")
    @classmethod
    def _check_key(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SECRET_KEY_LEAST:
            raise ValueError(f"must have {SECRET_KEY_LEAST} characters or more")
        return value

    @field_validator(*(f"carrier_{kind}_url" for kind in "twilio telnyx bandwidth plivo vonage kannel generic sandbox".split()))
    @classmethod
    def _check_carrier(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must be an http or https address")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _fill_defaults(self) -> Self:
        set_now = object.__setattr__  # the model is frozen from here on
        set_now(self, "var", self.var.expanduser().absolute())
        if not self.database_url:
            set_now(self, "database_url", f"sqlite:///{self.var / 'partyline.db'}")
        if not self.media_url:
            set_now(self, "media_url", f"file://{self.var / 'media'}")
        if not self.base_url:
            set_now(self, "base_url", _origin_of(f"http://127.0.0.1:{self.port}"))
        return self


def load_settings() -> Settings:
    """Reads the environment and `.env`, makes VAR (mode 0700), and makes the secret key if none is set.

    Raises SettingsError with every fault at once.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise SettingsError([_sentence(fault["loc"], fault["msg"]) for fault in error.errors()]) from None
    faults = _redis_faults(settings)
    try:
        settings = prepare_var(settings)
    except OSError as error:
        faults.append(f"{PREFIX}VAR: {settings.var} cannot be used: {error.strerror}")
    if faults:
        raise SettingsError(faults)
    return settings


def prepare_var(settings: Settings) -> Settings:
    """Makes the data folder, which only its owner may enter, and returns the settings with a secret key."""
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.var.chmod(0o700)
    if settings.secret_key.get_secret_value():
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_kept_key(settings.var / SECRET_KEY_FILE))})


def unknown_variables() -> list[str]:
    """Names in the environment that look like settings and are none: most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)


def _kept_key(path: Path) -> str:
    """Two processes that start together must end with one key: the first to link its file wins."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _origin_of(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://sms.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be scheme, host and port alone")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must be https unless its host is this machine (127.0.0.1, localhost)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if parts.port in (None, standard) else f":{parts.port}")


def _check_bucket(address: SplitResult) -> None:
    if not BUCKET.fullmatch(address.netloc):
        raise ValueError("after s3:// comes the name of a bucket, without a key: those are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    asked = parse_qs(address.query, keep_blank_values=True)
    if unknown := asked.keys() - {"region", "endpoint"}:
        raise ValueError(f"of a bucket only region and endpoint can be said, not {', '.join(sorted(unknown))}")
    endpoint = urlsplit(asked.get("endpoint", ["https://default"])[-1])
    if endpoint.scheme not in ("http", "https") or not endpoint.hostname or endpoint.username or endpoint.password:
        raise ValueError("its endpoint must be an http or https address")
    if endpoint.scheme == "http" and not is_loopback(endpoint.hostname):
        raise ValueError("its endpoint must be https unless it is on this machine")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _redis_faults(settings: Settings) -> list[str]:
    if not settings.redis_url or settings.allow_insecure_redis:
        return []
    address = parse(settings.redis_url)
    if address.local or all(is_loopback(node.host) for node in address.nodes) or (address.checked and address.password):
        return []
    return [
        f"{PREFIX}REDIS_URL: a Redis on another machine must be rediss://, or rediss+…://, with a password and a checked "
        f"certificate; {PREFIX}ALLOW_INSECURE_REDIS=1 accepts it as it is"
    ]


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else ""
    variable = name.upper() if name.upper().startswith(PREFIX) else PREFIX + name.upper()
    return f"{variable}: {message.removeprefix('Value error, ')}"
