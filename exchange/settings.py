"""Every setting of the exchange: an environment variable `HUTONG_<NAME>`, documented in docs/settings.md."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Read once at start-up; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix="HUTONG_", extra="forbid", frozen=True)

    data: Path = Field(default=Path("var"), description="directory of exchange.db and ledger.db")
    keys: Path | None = Field(
        default=None, description="directory of the key files, outside the data directory; default: <data>.keys"
    )
    checkpoint: Path | None = Field(
        default=None, description="file of the last checkpoint, outside the data directory; default: in keys"
    )
    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    url: str | None = Field(default=None, description="public URL, the issuer of tokens; default: http://<host>:<port>")
    tls: bool = Field(default=False, description="a reverse proxy in front speaks TLS; needed off the loopback")
    origin: str = Field(
        default="exchange.hutong.local/ledger", description="name of the log; read once, by init, and then fixed"
    )
    node: str = Field(default="node-1", description="name of this node in ledger entries")
    timezone: str = Field(default="Asia/Shanghai", description="zone of quota windows, times of day and deadlines")
    catalog_title: str = Field(
        default="互通数据资源目录 · Hutong data catalog", max_length=200, description="name of the catalog, zh · en"
    )
    publisher: str = Field(
        default="数据管理部门 · Data bureau", max_length=200, description="who publishes the catalog, zh · en"
    )
    egress: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="comma list of <department>=<host or network>:<port> that providers may have"
    )
    transport: Literal["http1", "aiohttp"] = Field(default="http1", description="HTTP client that calls providers")
    request_max_bytes: int = Field(default=1 << 20, ge=1024, description="largest request body")
    document_max_bytes: int = Field(default=16 << 20, ge=1024, description="largest document that is imported")
    reply_max_bytes: int = Field(default=8 << 20, ge=1024, description="largest reply of a provider")
    reply_max_records: int = Field(default=1000, ge=1, le=4000, description="most records in one reply")
    request_seconds: float = Field(default=10, gt=0, description="longest wait for a request body")
    connect_seconds: float = Field(default=2, gt=0, description="longest wait for a connection to a provider")
    read_seconds: float = Field(default=10, gt=0, description="longest silence of a provider")
    total_seconds: float = Field(default=15, gt=0, description="longest time of a provider's whole answer")
    ledger_seconds: float = Field(default=5, gt=0, description="longest wait for an entry to become durable")
    snapshot_seconds: float = Field(default=5, ge=2, description="age at which an unconfirmed snapshot denies")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")

    @field_validator("egress", mode="before")
    @classmethod
    def _comma_list(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError("no time zone of the IANA database has this name") from error
        return value

    @property
    def issuer(self) -> str:
        return (self.url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def key_directory(self) -> Path:
        return self.keys or self.data.with_name(self.data.name + ".keys")

    @property
    def checkpoint_file(self) -> Path:
        return self.checkpoint or self.key_directory / "last-checkpoint"

    @property
    def exchange_database(self) -> Path:
        return self.data / "exchange.db"

    @property
    def ledger_database(self) -> Path:
        return self.data / "ledger.db"
