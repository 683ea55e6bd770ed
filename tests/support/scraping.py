"""What the Prometheus operator makes of a ServiceMonitor or a PodMonitor, as far as ours use them.

Pods are scraped through the API server: from outside a cluster there is no other way that each kind of cluster has.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

Relabeling = dict[str, Any]


def configuration(
    monitors: Iterable[Mapping[str, Any]], kubeconfig: Path, rules: Iterable[Path], every: str
) -> dict[str, Any]:
    """The configuration of a Prometheus that has these monitors and rules."""
    access = _access(kubeconfig)
    return {
        "global": {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every},
        "rule_files": [str(path) for path in rules],
        "scrape_configs": [
            {**job, **access, "relabel_configs": [*job["relabel_configs"], *_through_the_proxy(kubeconfig)]}
            for monitor in monitors
            for job in _jobs(monitor, kubeconfig)
        ],
    }


def _jobs(monitor: Mapping[str, Any], kubeconfig: Path) -> Iterator[dict[str, Any]]:
    kind, spec, metadata = monitor["kind"], monitor["spec"], monitor["metadata"]
    name = f"{metadata['namespace']}/{metadata['name']}"
    everywhere = spec.get("namespaceSelector", {}).get("any", False)
    discovery = {
        "role": "pod" if kind == "PodMonitor" else "endpointslice",
        "kubeconfig_file": str(kubeconfig),
        **({} if everywhere else {"namespaces": {"names": [metadata["namespace"]]}}),
    }
    endpoints = spec["podMetricsEndpoints" if kind == "PodMonitor" else "endpoints"]
    for number, endpoint in enumerate(endpoints):
        yield {
            "job_name": f"{kind}/{name}/{number}",
            "metrics_path": endpoint["path"],
            "kubernetes_sd_configs": [discovery],
            "relabel_configs": [
                *_selected("pod" if kind == "PodMonitor" else "service", spec["selector"]["matchLabels"]),
                _keep(["__meta_kubernetes_pod_container_port_name"], _port(kind, endpoint)),
                _drop(["__meta_kubernetes_pod_phase"], "(Failed|Succeeded)"),
                _set("namespace", "__meta_kubernetes_namespace"),
                _set("pod", "__meta_kubernetes_pod_name"),
                _set("container", "__meta_kubernetes_pod_container_name"),
                *_named(kind, name),
                {"target_label": "endpoint", "replacement": _port(kind, endpoint)},
                *(_own(relabeling) for relabeling in endpoint.get("relabelings", ())),
            ],
        }


def _port(kind: str, endpoint: Mapping[str, Any]) -> str:
    return str(endpoint["port" if kind == "PodMonitor" else "targetPort"])


def _named(kind: str, name: str) -> list[Relabeling]:
    if kind == "PodMonitor":
        return [{"target_label": "job", "replacement": name}]
    return [_set("service", "__meta_kubernetes_service_name"), _set("job", "__meta_kubernetes_service_name")]


def _selected(what: str, labels: Mapping[str, str]) -> Iterator[Relabeling]:
    for label, value in sorted(labels.items()):
        name = re.sub(r"[^a-zA-Z0-9_]", "_", label)
        sources = [f"__meta_kubernetes_{what}_label_{name}", f"__meta_kubernetes_{what}_labelpresent_{name}"]
        yield _keep(sources, f"({value});true")


def _own(relabeling: Mapping[str, Any]) -> Relabeling:
    """The fields of a relabeling, as Prometheus spells them."""
    return {re.sub("([A-Z])", r"_\1", name).lower(): value for name, value in relabeling.items()}


def _keep(sources: list[str], regex: str) -> Relabeling:
    return {"action": "keep", "source_labels": sources, "regex": regex}


def _drop(sources: list[str], regex: str) -> Relabeling:
    return {"action": "drop", "source_labels": sources, "regex": regex}


def _set(label: str, source: str) -> Relabeling:
    return {"source_labels": [source], "target_label": label}


def _through_the_proxy(kubeconfig: Path) -> list[Relabeling]:
    """Change where to, and nothing that the series say of themselves."""
    where = ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_name", "__address__", "__metrics_path__"]
    path = "/api/v1/namespaces/$1/pods/$2:$3/proxy$4"
    return [
        _set("instance", "__address__"),
        {
            "source_labels": where,
            "regex": r"(.+);(.+);.+:(\d+);(.+)",
            "target_label": "__metrics_path__",
            "replacement": path,
        },
        {"target_label": "__address__", "replacement": urlsplit(_read(kubeconfig)[0]["server"]).netloc},
    ]


def _access(kubeconfig: Path) -> dict[str, Any]:
    cluster, user = _read(kubeconfig)
    return {
        "scheme": "https",
        "tls_config": {
            "ca": _text(cluster["certificate-authority-data"]),
            "cert": _text(user["client-certificate-data"]),
            "key": _text(user["client-key-data"]),
        },
    }


def _read(kubeconfig: Path) -> tuple[dict[str, str], dict[str, str]]:
    config = yaml.safe_load(kubeconfig.read_text())
    return config["clusters"][0]["cluster"], config["users"][0]["user"]


def _text(data: str) -> str:
    return base64.b64decode(data).decode()
