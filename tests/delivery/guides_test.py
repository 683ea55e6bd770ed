"""The tutorial, followed command by command from a cluster with nothing of ours on it."""

import os
from pathlib import Path

import pytest

from tests.support.documents_shown import TUTORIAL
from tests.support.guide import Command, File, InMongosh, steps, untold
from tests.support.kubectl import Kubectl
from tests.support.reader import Scene, follow, reader


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.timeout(400)
@pytest.mark.usefixtures("bare", "images")
def test_the_tutorial_leads_from_an_empty_cluster_to_the_first_query(
    kubectl: Kubectl, tmp_path: Path
) -> None:
    def none_is_ending() -> bool:
        pods = kubectl.json("get", "pods", "--namespace=shop")["items"]
        return not any("deletionTimestamp" in pod["metadata"] for pod in pods)

    kubectl("delete", "namespace", "shop", "--ignore-not-found", seconds=120)
    with reader(tmp_path, os.environ) as reading:
        follow(TUTORIAL, reading, Scene({}, lambda _: None, none_is_ending))


PAGE = """
```yaml
# orders.yaml
spec: {}
```
```console
$ cat <<END
> one
> END
one
$ true
```
```javascript
db.runCommand({})
```
```yaml
only: shown
```
"""


def test_a_page_is_read_as_a_reader_would() -> None:
    assert list(steps(PAGE)) == [
        File("orders.yaml", "# orders.yaml\nspec: {}\n"),
        Command("cat <<END\none\nEND", ("one",)),
        Command("true", ()),
        InMongosh("db.runCommand({})\n"),
    ]


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (["orders   True  PodsReady  12  7m6s"], None),
        (['etag: "9953af9b365a3d84"'], None),
        (["...", "orders True ...", 'etag: "..."'], None),
        (['etag: "..."', "orders True ..."], "orders True ..."),
        (["orders False PodsReady 12 7m6s"], "orders False PodsReady 12 7m6s"),
        (["orders True PodsReady 2 7m6s"], "orders True PodsReady 2 7m6s"),
        (["orders"], "orders"),
    ],
)
def test_what_a_page_shows_and_a_command_does_not_print_is_found(
    shown: list[str], missing: str | None
) -> None:
    assert untold(shown, 'orders    True    PodsReady  12   3s\n\netag: "0123456789abcdef"\n') == missing


def test_a_command_that_fails_is_found_and_what_a_reader_has_set_stays(tmp_path: Path) -> None:
    with reader(tmp_path, os.environ) as reading:
        reading.run("KEY=it")
        assert reading.run('printf %s "$KEY"').strip() == "it"
        with pytest.raises(AssertionError, match=r"\$ cat none(?s:.*)exit 1"):
            reading.run("cat none")
