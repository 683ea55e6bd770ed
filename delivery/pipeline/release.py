"""A release of the operator on a cluster: applied, waited for, recorded when it proved itself, or taken back.

The last release that passed its smoke test is kept in the cluster, in a ConfigMap. Taking back means to apply that
again: with server-side apply by the same field manager, fields that only the failed release had vanish. The CRD and
the namespace stay as they are: all DataServices would end with them, or with an older CRD a part of some.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from delivery.pipeline.errors import PipelineError
from delivery.pipeline.programs import finished, run, say

PUBLISHED: Final = "ghcr.io/dataservice-dev"
"""The registry that the manifests in k8s/ name."""

NAMESPACE: Final = "dataservice-system"
OPERATOR: Final = (f"--namespace={NAMESPACE}", "deployment/dataservice-operator")
RECORD: Final = "dataservice-release"
STAYS: Final = ("CustomResourceDefinition", "Namespace")
APPLY: Final = (
    *("kubectl", "apply", "--server-side", "--force-conflicts"),
    *("--field-manager=dataservice-pipeline", "--filename=-"),
)

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Release:
    overlay: Path
    """A folder for kustomize, such as `k8s/overlays/cluster`."""
    operator: str
    """Image by digest."""
    service: str
    revision: str


def deploy(release: Release) -> None:
    """Raises PipelineError if the cluster refuses any of it."""
    manifests = objects(rendered(release))
    say(f"{len(manifests)} objects of {release.overlay}, revision {release.revision}")
    apply(manifests)


def wait(seconds: int) -> None:
    """Wait until every replica of the operator is of this release.

    Raises:
        PipelineError: in time it was not; pods and their log were shown.
    """
    try:
        run("kubectl", "rollout", "status", *OPERATOR, f"--timeout={seconds}s")
    except PipelineError:
        show_operator()
        raise
    # last: of a CRD made this moment, which has no conditions yet, this would fail
    crd = "customresourcedefinition/dataservices.dataservice.dev"
    run("kubectl", "wait", "--for=condition=Established", crd, f"--timeout={seconds}s")


def record(release: Release) -> None:
    """Keep this release as the one to go back to."""
    data = {
        "revision": release.revision,
        "operator": release.operator,
        "service": release.service,
        "objects": json.dumps(objects(rendered(release))),
    }
    metadata = {"name": RECORD, "namespace": NAMESPACE}
    apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}])
    say(f"recorded: revision {release.revision} is the one to go back to")


def roll_back(failed: Release, seconds: int) -> None:
    """Put the recorded release back in place of the failed one, and wait for it.

    Raises:
        PipelineError: none is recorded, so that this one stays; or the cluster refuses.
    """
    kept = recorded()
    if kept is None:
        raise PipelineError(
            "no release is recorded on this cluster to go back to: the failed one stays as it is. "
            "Look at it, and deploy a fixed one"
        )
    before: list[Manifest] = json.loads(kept["objects"])
    for manifest in only_in(objects(rendered(failed)), before):
        run("kubectl", "delete", "--ignore-not-found", "--filename=-", stdin=json.dumps(manifest))
    apply(manifest for manifest in before if manifest["kind"] not in STAYS)
    wait(seconds)
    say(f"rolled back to revision {kept['revision']}")


def only_in(manifests: Iterable[Manifest], others: Iterable[Manifest]) -> list[Manifest]:
    """The manifests of objects that the others do not have, but for those that always stay."""
    there = {_identity(manifest) for manifest in others}
    return [m for m in manifests if _identity(m) not in there and m["kind"] not in STAYS]


def recorded() -> dict[str, str] | None:
    get = ("kubectl", "get", "configmap", RECORD, f"--namespace={NAMESPACE}")
    answer = run(*get, "--ignore-not-found", "--output=json", quiet=True)
    return json.loads(answer)["data"] if answer.strip() else None


def rendered(release: Release) -> str:
    """The overlay's manifests, as YAML, with the release's images in place of the published ones."""
    text = run("kubectl", "kustomize", str(release.overlay), quiet=True)
    for name, image in (("operator", release.operator), ("service", release.service)):
        published = f"{PUBLISHED}/{name}"
        text, count = re.subn(rf'(?<=[ "\']){re.escape(published)}[:@][^\s"\']+', image, text)
        if count != 1:
            raise PipelineError(f"{release.overlay} names {published} {count} times where once was expected")
    return text


def objects(text: str) -> list[Manifest]:
    """YAML documents as values; kubectl reads them, and nothing is sent."""
    convert = ("kubectl", "create", "--dry-run=client", "--validate=false", "--output=json", "--filename=-")
    stream, decoder, found = run(*convert, stdin=text, quiet=True), json.JSONDecoder(), []
    while stream := stream.lstrip():
        manifest, end = decoder.raw_decode(stream)
        found.append(manifest)
        stream = stream[end:]
    return found


def apply(manifests: Iterable[Manifest]) -> None:
    every = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
    run(*APPLY, stdin=json.dumps(every))


def show_operator() -> None:
    """What a person would look at first when the operator does not come up."""
    for words in (
        ("kubectl", "get", "pods", OPERATOR[0], "--output=wide"),
        ("kubectl", "describe", *OPERATOR),
        ("kubectl", "logs", *OPERATOR, "--tail=30", "--all-containers"),
    ):
        say(f"$ {' '.join(words)}")
        done = finished(words)
        say((done.stdout or done.stderr).rstrip())


def _identity(manifest: Manifest) -> tuple[str, str, str, str]:
    metadata = manifest["metadata"]
    group = manifest["apiVersion"].rpartition("/")[0]
    return group, manifest["kind"], metadata.get("namespace", ""), metadata["name"]
