"""Settings come from the environment, are bounded, and place keys and checkpoint outside the data."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from exchange.settings import Settings


def test_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("HUTONG_DATA", "/srv/hutong")
    monkeypatch.setenv("HUTONG_EGRESS", "health=10.0.0.0/8:443, justice=db:80,")
    settings = Settings()
    assert settings.data == Path("/srv/hutong")
    assert settings.egress == ("health=10.0.0.0/8:443", "justice=db:80")
    assert settings.key_directory == Path("/srv/hutong.keys")
    assert settings.checkpoint_file == Path("/srv/hutong.keys/last-checkpoint")


def test_nothing_secret_lies_in_the_data_directory():
    settings = Settings()
    for path in (settings.key_directory, settings.checkpoint_file):
        assert not path.is_relative_to(settings.data)


@pytest.mark.parametrize(
    "bad",
    [
        {"port": 65536}, {"port": -1}, {"timezone": "Mars/Base"}, {"request_max_bytes": 0}, {"read_seconds": 0},
        {"snapshot_seconds": 1}, {"log_level": "loud"}, {"unknown": 1},
    ],
)  # fmt: skip
def test_a_wrong_setting_is_refused(bad):
    with pytest.raises((ValidationError, LookupError)):
        Settings(**bad)


def test_the_issuer_follows_the_url_or_the_address():
    assert Settings(port=1234).issuer == "http://127.0.0.1:1234"
    assert Settings(url="https://exchange.example/").issuer == "https://exchange.example"


def test_settings_do_not_change_afterwards():
    with pytest.raises(ValidationError):
        Settings().port = 1
