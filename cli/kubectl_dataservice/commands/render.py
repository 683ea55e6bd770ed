"""`render`: the children that the operator would make, without a cluster."""

from kubectl_dataservice.options import File, Format, Namespace, Output
from kubectl_dataservice.output import note, structured


def render(filename: File, namespace: Namespace = None, output: Output = Format.TEXT) -> None:
    """Print the children that the operator would make of a file.

    No cluster is asked. The file is checked as the operator checks it; rules among several fields, which are in
    the CRD as CEL, only an API server checks: kubectl apply --dry-run=server.

    What is not in the file is shown as <placeholder>: uids, and hashes of Secrets. Image and settings are those of
    an operator of this plugin's version with nothing set.

    \b
    Examples:
      kubectl dataservice render -f orders.yaml
      kubectl kustomize k8s/samples | kubectl dataservice render -f -
    """
    from kubectl_dataservice import files, rendering

    objects = files.manifests(filename)
    parents = rendering.data_services(objects, namespace, filename)
    known = rendering.texts(objects, namespace or "default")
    wanted = [rendering.asked(raw, known) for raw in parents]
    made = tuple(each for parent in wanted for each in rendering.rendered(parent, rendering.offline(parent)))
    note(f"note: {rendering.PLACEHOLDERS}")
    for parent in wanted:
        reference = parent.spec.data.schema_from
        if reference and parent.spec.data.document_schema is None:
            told = f"ConfigMap {reference.config_map.name!r} is not in the file: rendered without a schema"
            note(f"note: DataService {parent.metadata.name!r}: {told}")
    if output is Format.JSON:
        structured({"apiVersion": "v1", "kind": "List", "items": made}, "json")
    else:
        structured(made, "yaml")
