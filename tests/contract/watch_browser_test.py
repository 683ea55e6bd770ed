"""A watch by a browser's own EventSource, where the machine has a browser."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.support.browser import Browser
from tests.support.service_process import Starter

pytestmark = pytest.mark.tools

WATCH = """
window.seen = [];
window.source = new EventSource('/data:watch');
for (const kind of ['created', 'updated', 'deleted']) {
  source.addEventListener(kind, (event) => seen.push(`${kind} ${JSON.parse(event.data)._id}`));
}
"""


def test_a_browser_connects_again_by_itself_and_misses_nothing(
    service: Starter, tmp_path: Path, browser: Browser
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    process = service(API__CURSOR_KEY_FILE=str(key))
    process.wait_ready()
    browser.open(f"{process.url}/docs")
    browser.until("document.querySelector('#getDocument')")
    browser.evaluate(WATCH)
    browser.until("source.readyState === EventSource.OPEN")
    httpx.post(f"{process.url}/data", json={"_id": "one"}).raise_for_status()
    browser.until("seen.length === 1")

    process.signal(signal.SIGTERM)
    process.ended()
    process.start()
    httpx.post(f"{process.url}/data", json={"_id": "two"}).raise_for_status()

    browser.until("seen.length > 1")
    assert browser.evaluate("seen") == ["created one", "created two"]
