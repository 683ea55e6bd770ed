"""The page for people in a browser, where the machine has one."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_keys import line, new_key
from tests.support.browser import Browser
from tests.support.service_process import Starter

pytestmark = pytest.mark.tools

ATTACK = "<img src=//example.com/x onerror=document.title='taken'><script>document.title='taken'</script>"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": ATTACK,
    "description": ATTACK,
    "required": ["sku"],
    "properties": {
        "sku": {"type": "string", "description": ATTACK},
        ATTACK: {"type": "string", "default": ATTACK, "pattern": ATTACK},
        "parent": {"$ref": "#"},
        "line": {"$ref": "#/$defs/line"},
    },
    "$defs": {"line": {"type": "object", "properties": {"text": {"type": "string", "maxLength": 80}}}},
}
OPEN_ALL = "document.querySelectorAll('details:not([open])').forEach((each) => { each.open = true; })"


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    return {"DATA__SCHEMA_FILE": str(file), "DATABASE__KIND": "memory", "NAME": "orders"}


def test_the_page_shows_every_operation_and_asks_no_other_host(
    service: Starter, settings: dict[str, str], browser: Browser
) -> None:
    process = service(**settings)

    browser.open(f"{process.url}/docs")
    browser.until("document.querySelector('#getDocument')")

    shown = browser.evaluate("[...document.querySelectorAll('section h2')].map((each) => each.textContent)")
    assert browser.evaluate("document.title") == "orders API"
    assert {"GET /data", "POST /data", "GET /data/{id}", "GET /data:export", "GET /data:watch"} <= set(shown)
    assert {each.removeprefix(process.url) for each in browser.requests} == {
        *("/docs", "/docs/page.js", "/docs/style.css", "/docs/icon.svg", "/openapi.json")
    }
    assert browser.complaints == []


def test_texts_of_the_schema_are_shown_as_they_are_and_nothing_of_them_is_run(
    service: Starter, settings: dict[str, str], browser: Browser
) -> None:
    process = service(**settings)
    browser.open(f"{process.url}/docs")
    browser.until("document.querySelector('#schemas')")

    for _ in range(4):  # a schema that refers to itself has no end
        browser.evaluate(OPEN_ALL)
        browser.evaluate("new Promise((done) => setTimeout(done, 50))")

    assert ATTACK in browser.evaluate("document.querySelector('#schemas').textContent")
    assert "maxLength 80" in browser.evaluate("document.querySelector('#schemas').textContent")
    assert browser.evaluate("document.title") == "orders API"
    assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert all(each.startswith(process.url) for each in browser.requests)
    assert browser.complaints == []


def test_a_request_can_be_tried_and_shown_as_a_command(
    service: Starter, settings: dict[str, str], browser: Browser
) -> None:
    process = service(**settings)
    browser.open(f"{process.url}/docs")
    browser.until("document.querySelector('#createDocument')")
    browser.evaluate("document.querySelector('#createDocument > details:last-child').open = true")
    browser.until("document.querySelector('#createDocument textarea')")

    browser.evaluate(
        "(() => { const body = document.querySelector('#createDocument textarea');"
        " body.value = '{\"sku\": \"it\\'s\"}'; body.dispatchEvent(new Event('input', {bubbles: true}));"
        " document.querySelector('#createDocument form').requestSubmit(); })()"
    )
    answer = browser.until(
        "[...document.querySelectorAll('#createDocument pre')].map((each) => each.textContent)"
        ".find((each) => /_etag/.test(each))"
    )

    command = browser.evaluate("document.querySelector('#createDocument pre').textContent")
    assert answer.startswith("201 Created")
    assert '"sku":"it\'s"' in answer
    assert command == (
        f"curl -i -X POST '{process.url}/data' -H 'Content-Type: application/json' -d '{{\"sku\": \"it'\\''s\"}}'"
    )


def test_a_key_is_asked_for_and_used_where_one_is_needed(
    service: Starter, settings: dict[str, str], browser: Browser, tmp_path: Path
) -> None:
    key, keys = new_key(), tmp_path / "keys"
    keys.mkdir()
    (keys / "reader").write_text(line(key, "read") + "\n")
    process = service(**settings, API__AUTH__MODE="APIKey", API__AUTH__KEYS_FOLDER=str(keys))
    browser.open(f"{process.url}/docs")
    browser.until("document.querySelector('#access')?.hidden === false")

    browser.evaluate(
        f"(() => {{ document.querySelector('#credential').value = '{key}';"
        " document.querySelector('#access').requestSubmit(); })()"
    )
    browser.until("document.querySelector('#getDocument')")

    kept = browser.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
    )
    assert browser.evaluate("document.querySelector('#access-state').textContent") == "in use"
    assert key not in kept
    assert key not in process.log()
