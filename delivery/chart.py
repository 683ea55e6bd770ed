"""The Helm chart's templates, made from the manifests that kustomize uses: one source, two ways to install.

Where a value decides, a mark is put into the manifest, and replaced once the manifest is text: YAML would quote the
braces of an expression.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent
from typing import Any, Final

import yaml

from dataservice_operator import __version__
from delivery.written import dumped, header

FOLDER: Final = Path("k8s/helm/dataservice-operator")
BASE: Final = Path("k8s/base")
RIGHTS: Final = Path("k8s/rights")
SOURCES: Final = "k8s/base, k8s/rights and crds"

Manifest = dict[str, Any]

LABELS: Final = {
    "app.kubernetes.io/name": "dataservice-operator",
    "app.kubernetes.io/part-of": "dataservice",
    "app.kubernetes.io/instance": "{{ $.Release.Name | quote }}",
    "app.kubernetes.io/managed-by": "{{ $.Release.Service | quote }}",
    "app.kubernetes.io/version": "{{ $.Chart.AppVersion | quote }}",
    "helm.sh/chart": "{{ $.Chart.Name }}-{{ $.Chart.Version }}",
}
OPTIONAL: Final = ("imagePullSecrets", "nodeSelector", "tolerations", "affinity", "priorityClassName")
"""Fields of a pod that are there only where a value is given."""

POD_ANNOTATIONS: Final = """\
{{- range $name, $value := .Values.podAnnotations }}
{{ $name }}: {{ $value | quote }}
{{- end }}"""
SETTINGS: Final = """\
{{- range $name, $value := .Values.settings }}
- name: DATASERVICE_OPERATOR_{{ snakecase $name | upper }}
  value: {{ $value | toString | quote }}
{{- end }}"""


@dataclass
class Template:
    """One file of the chart while it is made: YAML with marks, and what each mark stands for."""

    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    def value(self, expression: str) -> str:
        """A mark for one scalar."""
        mark = f"VALUE{len(self.values)}X"
        self.values[mark] = expression
        return mark

    def line(self, text: str) -> str:
        """A mark whose whole line is replaced by these, indented as it was."""
        mark = f"LINE{len(self.lines)}X"
        self.lines[mark] = text
        return mark

    def text(self, *manifests: Manifest) -> str:
        text = "---\n".join(dumped(manifest) for manifest in manifests)
        for mark, lines in self.lines.items():
            [(line, spaces)] = re.findall(rf"^(( *).*{mark}.*)$", text, flags=re.MULTILINE)
            text = text.replace(line, indent(lines, spaces))
        for mark, expression in self.values.items():
            text = text.replace(mark, expression)
        return text


def files(root: Path, crd: str) -> Mapping[Path, str]:
    templates = {
        "crd": _crd(yaml.safe_load(crd)),
        "service-account": _simple(_read(root, BASE / "service-account.yaml")),
        "lease-role": _simple(_read(root, BASE / "lease-role.yaml")),
        "rights": _rights(_read(root, RIGHTS / "role.yaml") + _read(root, RIGHTS / "role-binding.yaml")),
        "user-roles": _when("userRoles.install", _simple(_read(root, BASE / "user-roles.yaml"))),
        "deployment": _deployment(_read(root, BASE / "deployment.yaml")),
        "disruption-budget": _when(
            "podDisruptionBudget.install", _simple(_read(root, BASE / "disruption-budget.yaml"))
        ),
        "network-policy": _when("networkPolicy.install", _simple(_read(root, BASE / "network-policy.yaml"))),
    }
    return {
        FOLDER / "Chart.yaml": f"# {header('the package')}\n{dumped(_chart())}",
        **{
            FOLDER / "templates" / f"{name}.yaml": f"# {header(SOURCES)}\n{text}"
            for name, text in templates.items()
        },
    }


def _chart() -> Manifest:
    return {
        "apiVersion": "v2",
        "name": "dataservice-operator",
        "description": "Turns one DataService resource into a hardened REST data API on MongoDB",
        "type": "application",
        "version": __version__,
        "appVersion": __version__,
        "kubeVersion": ">=1.35.0-0",
        "home": "https://github.com/dataservice-dev/dataservice",
    }


def _read(root: Path, path: Path) -> list[Manifest]:
    return list(yaml.safe_load_all((root / path).read_text(encoding="utf-8")))


def _simple(manifests: list[Manifest]) -> str:
    template = Template()
    return template.text(*(_placed(template, manifest) for manifest in manifests))


def _when(value: str, text: str) -> str:
    return f"{{{{- if .Values.{value} }}}}\n{text}{{{{- end }}}}\n"


def _placed(template: Template, manifest: Manifest, namespace: str = "$.Release.Namespace") -> Manifest:
    """The manifest in the release's namespace, with the chart's labels."""
    placed = {name: value for name, value in manifest.items() if name not in ("metadata", "subjects")}
    metadata = dict(manifest["metadata"])
    labels = {name: template.value(text) if "{{" in text else text for name, text in LABELS.items()}
    metadata["labels"] = {**metadata.get("labels", {}), **labels}
    if "namespace" in metadata:
        metadata["namespace"] = template.value(f"{{{{ {namespace} | quote }}}}")
    result = {
        "apiVersion": placed.pop("apiVersion"),
        "kind": placed.pop("kind"),
        "metadata": metadata,
        **placed,
    }
    if "subjects" in manifest:
        own = template.value("{{ $.Release.Namespace | quote }}")
        result["subjects"] = [{**subject, "namespace": own} for subject in manifest["subjects"]]
    return result


def _crd(crd: Manifest) -> str:
    """A template, since Helm never upgrades what is in `crds/`; kept on uninstall, and with it all DataServices."""
    template = Template()
    placed = _placed(template, crd)
    keep = "{{- if .Values.crds.keep }}\nhelm.sh/resource-policy: keep\n{{- end }}"
    placed["metadata"]["annotations"] = {template.line(keep): ""}
    return _when("crds.install", template.text(placed))


def _rights(manifests: list[Manifest]) -> str:
    """The same rules for the whole cluster, or for each namespace that is watched."""
    whole, given = Template(), Template()
    cluster = [_placed(whole, _clusterwide(manifest)) for manifest in manifests]
    inside = [
        _placed(given, {**manifest, "metadata": {**manifest["metadata"], "namespace": ""}}, namespace=".")
        for manifest in manifests
    ]
    return (
        "{{- if .Values.watchNamespaces }}\n{{- range .Values.watchNamespaces }}\n---\n"
        + given.text(*inside)
        + "{{- end }}\n{{- else }}\n"
        + whole.text(*cluster)
        + "{{- end }}\n"
    )


def _clusterwide(manifest: Manifest) -> Manifest:
    wide = {**manifest, "kind": f"Cluster{manifest['kind']}"}
    if "roleRef" in wide:
        wide["roleRef"] = {**wide["roleRef"], "kind": "ClusterRole"}
    return wide


def _deployment(manifests: list[Manifest]) -> str:
    template = Template()
    [manifest] = manifests
    placed = _placed(template, manifest)
    placed["spec"]["replicas"] = template.value("{{ .Values.replicas }}")
    pod = placed["spec"]["template"]
    pod["metadata"]["annotations"][template.line(POD_ANNOTATIONS)] = ""
    _set_container(template, pod["spec"]["containers"][0])
    for name in OPTIONAL:
        lines = f"{{{{- with .Values.{name} }}}}\n{name}: {{{{ toJson . }}}}\n{{{{- end }}}}"
        pod["spec"][name] = template.line(lines)
    return template.text(placed)


def _set_container(template: Template, container: Manifest) -> None:
    container["image"] = template.value(_image("image"))
    container["imagePullPolicy"] = template.value("{{ .Values.image.pullPolicy }}")
    container["resources"] = template.value("{{ toJson .Values.resources }}")
    by_name = {variable["name"]: variable for variable in container["env"]}
    by_name["DATASERVICE_OPERATOR_DEFAULT_IMAGE"]["value"] = template.value(_image("serviceImage"))
    watched = template.value('{{ join "," .Values.watchNamespaces | quote }}')
    by_name["DATASERVICE_OPERATOR_WATCH_NAMESPACES"]["value"] = watched
    container["env"].append(template.line(SETTINGS))


def _image(value: str) -> str:
    chosen = f".Values.{value}"
    return (
        f"{{{{ {chosen}.repository }}}}"
        f"{{{{ if {chosen}.digest }}}}@{{{{ {chosen}.digest }}}}"
        f"{{{{ else }}}}:{{{{ {chosen}.tag | default .Chart.AppVersion }}}}{{{{ end }}}}"
    )
