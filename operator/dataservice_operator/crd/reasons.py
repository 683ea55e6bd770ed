"""What each reason in a status means and what to do: for the plugin's `status` and the troubleshooting page."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Reason:
    """One word of a condition, in sentences. They may name `{name}` and `{namespace}` of the DataService."""

    meaning: str
    remedy: str = ""
    """Empty where there is nothing to do."""


_EDIT_THE_SPEC: Final = {
    "InvalidSpec": Reason(
        "A field of the spec does not fit what the operator knows; the pods stay as they are.",
        "Correct the field that the message points to; where the operator does not know it, upgrade the operator.",
    ),
    "InvalidSchema": Reason(
        "The JSON Schema is not one that the service can check documents with; the pods serve the last valid one.",
        "Correct the schema where the message points to, in the spec or in the ConfigMap that it stands in.",
    ),
    "IndexFieldNotRequired": Reason(
        "A unique index needs a field that the schema does not require.",
        "List the field as required in the schema, or drop unique from the index.",
    ),
    "NotOwned": Reason(
        "An object of that name exists and is not this DataService's; it was not touched.",
        "Rename the DataService, delete the object, or hand it over with the command in the message.",
    ),
    "Rejected": Reason(
        "The API server refuses a child as it is rendered, by its own rules or by an admission policy.",
        "Change the field of the spec that the message names, or the policy that refuses it.",
    ),
    "Suspended": Reason(
        "The DataService is suspended (spec.suspend): its children are left as they are.",
        "To let the operator work again: kubectl dataservice resume {name} -n {namespace}",
    ),
}

_SOMETHING_IS_MISSING: Final = {
    "SecretNotFound": Reason(
        "The Secret with the MongoDB connection string does not exist.",
        "Create it in namespace {namespace} with the name and key that the message says; nothing else is needed.",
    ),
    "SecretKeyNotFound": Reason(
        "The Secret exists, but not the key that spec.database.mongodb.uriSecret names.",
        "Add the key to the Secret, or name the right key in the spec.",
    ),
    "KeysSecretNotFound": Reason(
        "The Secret with the hashes of the API keys does not exist, so that no pod can start.",
        "Create it with a key for a first client: kubectl dataservice keys create {name} --name CLIENT -n {namespace}",
    ),
    "ConfigMapNotFound": Reason(
        "The ConfigMap that spec.data.schemaFrom names does not exist; no child is touched.",
        "Create it in namespace {namespace}, with the JSON Schema as text under the key that the message says.",
    ),
    "ConfigMapKeyNotFound": Reason(
        "The ConfigMap of the schema exists, but not the key that spec.data.schemaFrom names.",
        "Add the key to the ConfigMap, or name the right key in the spec.",
    ),
    "Forbidden": Reason(
        "The operator lacks a right; all that needs no such right is done.",
        "Install the operator's roles of the same version again; where it watches some namespaces only, see that "
        "{namespace} is one of them.",
    ),
}

_THE_CLUSTER_REFUSES: Final = {
    "QuotaExceeded": Reason(
        "A ResourceQuota of the namespace leaves no room.",
        "Raise the quota, or lower spec.resources or the number of pods.",
    ),
    "PodsRefused": Reason(
        "The API server refuses to make the pods: a policy or an admission webhook is against them.",
        "Change what the message names: the policy, or the field of the spec that breaks it.",
    ),
    "Unschedulable": Reason(
        "No node takes a pod.",
        "Make room (nodes, or less in spec.resources.requests), or loosen spec.scheduling; the message has the "
        "scheduler's words.",
    ),
    "VolumeUnavailable": Reason(
        "The volume of the embedded database is not there yet.",
        "See what its claim waits for: kubectl describe persistentvolumeclaim {name}-data -n {namespace}",
    ),
    "VolumeNotExpandable": Reason(
        "The volume cannot grow to the size that the spec asks for; the pods serve.",
        "Set allowVolumeExpansion on its StorageClass; or, under retention: Retain, delete the DataService and apply "
        "it again with the former size.",
    ),
    "ApiServerError": Reason(
        "A child could not be written: the API server or an admission webhook failed.",
        "It is tried again by itself; if it stays, see the API server or the webhook that the message names.",
    ),
    "ChildTerminating": Reason(
        "A child of a deleted DataService of the same name is still being removed.",
        "Wait; if it stays, look for a finalizer on the object that the message names.",
    ),
}

_THE_PODS_DO_NOT_START: Final = {
    "ImagePullFailed": Reason(
        "The image cannot be pulled; pods of before go on serving.",
        "Correct spec.image, or give the nodes the right to pull it.",
    ),
    "ContainerConfigError": Reason(
        "The kubelet cannot make the container from what the pod refers to.",
        "Create or correct what the message names; mostly a Secret or a ConfigMap.",
    ),
    "CrashLoop": Reason(
        "The service process ends after its start; the message has its last line.",
        "Correct what that line names, mostly a value in spec.config or a right on the volume. All of its log: "
        "kubectl dataservice logs {name} -n {namespace}",
    ),
    "OOMKilled": Reason(
        "The container ended for want of memory.",
        "Raise spec.resources.limits.memory.",
    ),
    "NoApiKeys": Reason(
        "The keys' Secret holds no key that can be read, so that nobody could call the API.",
        "Add a key: kubectl dataservice keys create {name} --name CLIENT -n {namespace}",
    ),
    "KeySetUnavailable": Reason(
        "The keys that tokens are checked with have not been fetched yet.",
        "See that spec.api.auth.jwt.jwksURL is right and can be reached from the pods, also by their NetworkPolicy.",
    ),
    "Paused": Reason(
        "Somebody paused the Deployment, so that nothing rolls.",
        "kubectl rollout resume deployment/{name} -n {namespace}",
    ),
    "PodsNotReady": Reason(
        "Fewer pods answer than are wanted, and none says why.",
        "It mostly passes within seconds; if it stays: kubectl describe pods -n {namespace} "
        "-l app.kubernetes.io/instance={name}",
    ),
}

_THE_DATABASE: Final = {
    "DatabaseUnreachable": Reason(
        "The pods do not reach the database, or it does not answer in time.",
        "See that the database runs, that the host in the connection string is right, and that a NetworkPolicy or a "
        "firewall lets the pods through; they serve again when it answers.",
    ),
    "DatabaseAuthFailed": Reason(
        "The database refuses the user and password, or the user may not read the collection.",
        "Correct the connection string in the Secret, or grant the user readWrite on the database.",
    ),
    "IndexConflict": Reason(
        "Documents, or another index, are against a declared index; new pods stay unready, those of before serve.",
        "Correct the documents or drop the other index that the message names, or take the index out of the spec.",
    ),
    "IndexRefused": Reason(
        "The database does not make a declared index; new pods stay unready, those of before serve.",
        "Grant the right that the message names, or change the index.",
    ),
    "IndexesBuilding": Reason(
        "The database builds the declared indexes: the more documents, the longer it takes.",
        "Wait; the pods become ready at its end.",
    ),
    "InternalError": Reason(
        "The service met an error that it does not know.",
        "Its log has the traceback, please report it: kubectl dataservice logs {name} -n {namespace}",
    ),
}

_ON_THE_WAY: Final = {
    "Creating": Reason("The Deployment is not there yet.", "Wait a moment."),
    "RollingOut": Reason("Pods are being replaced by those of the last spec.", "Wait."),
    "Starting": Reason("The pods are starting.", "Wait."),
    "ProgressDeadlineExceeded": Reason(
        "What may heal by itself has not for the time it was given (ten minutes, where nothing else is set).",
        "Act on what the condition Ready says; it is still watched, and heals when the cause is gone.",
    ),
}

_UNKNOWN: Final = {
    "NoPodAvailable": Reason("No pod answers requests.", "Act on what the condition Ready says."),
    "NoPods": Reason("No pod runs that could tell of the database.", "Act on what the condition Ready says."),
    "PodsUnreachable": Reason(
        "The operator cannot reach the pods' admin port, so that it cannot ask them why they are not ready.",
        "Let the operator's namespace reach port 9090 of the pods, or read their log: "
        "kubectl dataservice logs {name} -n {namespace}",
    ),
}

_AS_IT_SHOULD_BE: Final = {
    "PodsReady": Reason("The pods that the spec asks for are there and answer."),
    "PodsAvailable": Reason("At least one pod answers requests."),
    "Complete": Reason("Every pod runs what was applied last."),
    "Connected": Reason("The pods reach the database."),
    "Active": Reason("The operator keeps the children as the spec asks."),
    "ScaledToZero": Reason("Nothing runs, as the spec asks.", "To serve, set spec.replicas to 1 or more."),
}

REASONS: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        **_EDIT_THE_SPEC,
        **_SOMETHING_IS_MISSING,
        **_THE_CLUSTER_REFUSES,
        **_THE_PODS_DO_NOT_START,
        **_THE_DATABASE,
        **_ON_THE_WAY,
        **_UNKNOWN,
        **_AS_IT_SHOULD_BE,
    }
)
"""Every reason that a condition or an Event of a DataService can have, in the order of the troubleshooting page."""
