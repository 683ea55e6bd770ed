"""The page for people, as its files say it. How it looks and what it asks for is in tests/browser/."""

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from dataservice.api.routes.docs import PATHS
from dataservice.app import Service
from tests.support.api import problem, running, service


def guarded(keys: Path) -> Service:
    """A service that asks for an API key."""
    return service(api={"auth": {"mode": "APIKey", "keys_folder": keys}})


ADDRESSES = ("href", "src", "action", "data", "poster", "srcset", "style")


class Addresses(HTMLParser):
    """What a page refers to, and the scripts that stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ADDRESSES]
        if (tag == "script" and "src" not in dict(attrs)) or tag == "style":
            self.inline.append(tag)
        self.inline += [name for name, _ in attrs if name.startswith("on")]


async def test_the_page_refers_to_files_of_this_service_only_and_all_are_there(
    api: httpx.AsyncClient,
) -> None:
    page = Addresses()
    page.feed((await api.get("/docs")).text)

    targets = [each for each in page.found if not each.startswith("#")]
    answers = [await api.get(f"/{each}") for each in targets]
    assert all(re.fullmatch(r"[a-z]+[a-z./]*", each) for each in targets)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert page.inline == []


async def test_its_files_name_no_other_host(api: httpx.AsyncClient) -> None:
    texts = [(await api.get(path)).text for path in PATHS]

    hosts = {found for text in texts for found in re.findall(r"(?:[a-z]+:)?//[a-z0-9][^\s\"'`]*", text)}
    assert hosts == {"http://www.w3.org/2000/svg"}  # a name of SVG's, which nobody fetches


async def test_a_browser_is_told_to_load_from_here_only_and_to_take_no_text_for_markup(
    api: httpx.AsyncClient,
) -> None:
    policy = (await api.get("/docs")).headers["content-security-policy"]

    rules = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert {rules[f"{each}-src"] for each in ("script", "style", "img", "connect")} == {"'self'"}
    assert rules["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", sorted(PATHS))
async def test_the_page_is_shown_without_a_credential_and_the_description_is_not(
    path: str, tmp_path: Path
) -> None:
    async with running(guarded(tmp_path)) as api:
        shown = await api.get(path)
        head = await api.head(path)
        described = await api.get("/openapi.json")
        posted = await api.post(path)

    assert (shown.status_code, head.status_code) == (200, 200)
    assert (described.status_code, posted.status_code) == (401, 401)


async def test_the_page_says_nothing_of_the_instance() -> None:
    schema = {"type": "object", "title": "secret-title", "properties": {"secret-field": {"type": "string"}}}
    async with running(service(schema=schema)) as api:
        texts = [(await api.get(path)).text for path in PATHS]

    assert not any("secret" in text for text in texts)


async def test_under_a_root_path_the_page_and_its_files_are_found_and_still_public(tmp_path: Path) -> None:
    behind = httpx.ASGITransport(guarded(tmp_path).app, root_path="/shop")
    async with httpx.AsyncClient(transport=behind, base_url="http://service/shop/") as api:
        answers = [await api.get(path.removeprefix("/")) for path in sorted(PATHS)]
        refused = await api.get("openapi.json")

    assert [answer.status_code for answer in answers] == [200] * 4
    assert refused.status_code == 401


async def test_an_unknown_parameter_is_refused(api: httpx.AsyncClient) -> None:
    assert problem(await api.get("/docs?theme=dark"))["code"] == "unknown-parameter"
