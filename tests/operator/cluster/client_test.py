"""What is sent as YAML, and the lines of a watch, cut from the chunks in which they arrive."""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataservice_operator.cluster.client import Client, lines, yaml
from dataservice_operator.errors import Unavailable


async def arriving(chunks: list[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_a_line_of_a_megabyte_arrives_whole() -> None:
    """The event of a ConfigMap with a large schema: aiohttp's own lines end at 128 KiB."""
    line = b"x" * 2**20
    chunks = [line[at : at + 2**16] for at in range(0, len(line), 2**16)]
    assert [each async for each in lines(arriving([*chunks, b"\nnext\n"]))] == [line, b"next"]


async def test_a_line_that_was_cut_off_is_no_event() -> None:
    assert [each async for each in lines(arriving([b"one\ntw"]))] == [b"one"]


class Proxied(Client):
    """Whatever it asks, a proxy answers with a page of its own."""

    def __init__(self) -> None:
        """It has no connection."""

    async def _send(self, *_: Any) -> Any:
        content = SimpleNamespace(iter_any=lambda: arriving([b"<html>\nback soon\n</html>\n"]))
        return SimpleNamespace(status=200, content=content, close=lambda: None)


async def test_a_page_in_place_of_a_watch_is_worth_another_try() -> None:
    with pytest.raises(Unavailable, match="the watch of /pods was not answered in JSON"):
        await anext(Proxied().watch("/pods", accept="", silence=1))


@given(st.text())
@example("\x7f")
def test_what_is_applied_is_json_without_the_surrogates_that_yaml_refuses(text: str) -> None:
    sent = yaml({text: [text]}).decode()
    assert json.loads(sent) == {text: [text]}
    assert not any("\x7f" <= each <= "\uffff" for each in sent)
    assert b"\\ud83d" not in yaml("\N{GRINNING FACE}")


@given(st.lists(st.binary(max_size=6).map(lambda text: text.replace(b"\r", b"\n")), max_size=8))
async def test_lines_do_not_depend_on_where_the_chunks_end(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    assert [each async for each in lines(arriving(chunks))] == whole.split(b"\n")[:-1]
