"""Settings that cannot be used end the start with one line that names the variable."""

import pytest

from dataservice.errors import InvalidSettings
from dataservice.settings import Settings, load_settings


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"DATASERVICE_{name}", value)
    return load_settings({f"DATASERVICE_{name}": value for name, value in variables.items()})


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"API__AUTH__MODE": "Basic"}, "DATASERVICE_API__AUTH__MODE: "),
        ({"API__AUTH__MODE": "APIKey"}, "DATASERVICE_API__AUTH__KEYS_FOLDER: needed by"),
        ({"API__AUTH__MODE": "JWT"}, "DATASERVICE_API__AUTH__JWT__ISSUER: needed by"),
        ({"API__AUTH__JWT__JWKS_URL": "file:///etc/passwd"}, "DATASERVICE_API__AUTH__JWT__JWKS_URL: "),
        ({"API__LIMITS__REQUESTS_PER_SECOND": "0"}, "DATASERVICE_API__LIMITS__REQUESTS_PER_SECOND: "),
        (
            {"API__CORS__ALLOWED_ORIGINS": "https://shop.example.com"},
            'DATASERVICE_API__CORS__ALLOWED_ORIGINS: write a JSON list, such as ["https://shop.example.com"]',
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], says: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load(monkeypatch, **variables)
    assert str(refused.value).startswith(says)


def test_origins_are_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, API__CORS__ALLOWED_ORIGINS='["https://a.example", "http://b.example:1"]')
    assert settings.api.cors.allowed_origins == ("https://a.example", "http://b.example:1")
