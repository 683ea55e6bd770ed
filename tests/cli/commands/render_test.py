import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice import app
from kubectl_dataservice.errors import Exit
from tests.support.data_service import smallest

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = {"type": "object", "required": ["sku"]}


def _render(file: Path, *documents: Any, words: tuple[str, ...] = ()) -> int:
    file.write_text(yaml.safe_dump_all(documents))
    return app.run(["render", "-f", str(file), *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def test_it_prints_each_child_as_a_document_that_kubectl_would_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert app.run(["render", "-f", str(ROOT / "k8s/samples/orders.yaml")]) == Exit.OK
    captured = capsys.readouterr()
    kinds = [document["kind"] for document in yaml.safe_load_all(captured.out)]
    assert kinds == ["ServiceAccount", "ConfigMap", "Service", "Deployment", "HorizontalPodAutoscaler"]
    assert "<hash of orders-mongo>" in captured.out
    assert (
        captured.err
        == "note: values in <angle brackets> are not in a file: the operator reads them in the cluster\n"
    )


def test_as_json_it_is_one_list_of_all_data_services_of_the_file(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = {"kind": "List", "apiVersion": "v1", "items": [smallest(), smallest(metadata={"name": "notes"})]}
    assert _render(file, both, None, words=("-o", "json", "-n", "shop")) == Exit.OK
    listed = json.loads(capsys.readouterr().out)
    assert listed["kind"] == "List"
    accounts = [item["metadata"] for item in listed["items"] if item["kind"] == "ServiceAccount"]
    assert [(each["namespace"], each["name"]) for each in accounts] == [("shop", "orders"), ("shop", "notes")]


def test_a_schema_in_a_config_map_of_the_file_is_taken_from_there(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = {"name": "orders-schema", "key": "schema.json"}
    elsewhere = smallest(spec={"data": {"schemaFrom": {"configMap": reference}}})
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "orders-schema"},
        "data": {"schema.json": json.dumps(SCHEMA)},
    }
    assert _render(file, elsewhere, config_map, words=("-o", "json")) == Exit.OK
    items = json.loads(capsys.readouterr().out)["items"]
    assert json.loads(next(i for i in items if i["kind"] == "ConfigMap")["data"]["schema.json"]) == SCHEMA
    assert _render(file, elsewhere) == Exit.OK
    assert (
        "ConfigMap 'orders-schema' is not in the file: rendered without a schema" in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (
            smallest(spec={"replica": 2}),
            "/spec/replica: this plugin does not know the field: upgrade the plugin",
        ),
        (smallest(spec={"replicas": -1}), "/spec/replicas: Input should be greater than or equal to 0"),
        (smallest(spec={"database": {"mongodb": None}}), "/spec/database: write exactly one of"),
        (smallest(spec={"data": {"schema": {"type": "objekt"}}}), "/spec/data/schema/type: "),
        (smallest(spec=None), "/spec/database: Field required"),
        (smallest(spec={"resources": {"requests": {"cpu": "much"}}}), "DataService 'orders' is not valid: "),
        (smallest(metadata={"name": None}), "metadata.name is missing"),
        (
            smallest(apiVersion="dataservice.dev/v2"),
            "dataservice.dev/v2 is not dataservice.dev/v1alpha1: upgrade",
        ),
        ({"kind": "Pod", "apiVersion": "v1", "metadata": {}}, "holds no DataService"),
        (None, "holds no DataService"),
        ("text", "is no object of Kubernetes"),
    ],
)
def test_a_file_that_is_wrong_is_one_line_that_says_where(
    file: Path, document: Any, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _render(file, document) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert told in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a: [", "line 1, column 5: "),
        (b"\xff\xfe\xff", "is not YAML"),
        (b"a: &a [*a, *a]\nb: " + b"[" * 1000, "is not YAML"),
        (b"\x00", "is not YAML"),
    ],
)
def test_a_file_that_is_no_yaml_is_one_line_too(
    file: Path, content: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(content)
    assert app.run(["render", "-f", str(file)]) == Exit.USAGE
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_a_file_that_is_not_there_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["render", "-f", str(file)]) == Exit.USAGE
    assert capsys.readouterr().err == f"error: {file} cannot be read: No such file or directory\n"


def test_a_namespace_that_contradicts_the_file_is_refused(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = smallest(metadata={"namespace": "shop"})
    assert _render(file, placed, words=("-n", "warehouse")) == Exit.USAGE
    assert "is of namespace 'shop', not of 'warehouse'" in capsys.readouterr().err
