"""When the operator calls for somebody."""

from typing import Final

from delivery.monitoring.rules import DOCUMENTS, Alert, Group, Severity

_ERRORS: Final = (
    'sum by (namespace) (rate(dataservice_operator_reconcile_seconds_count{result="error"}[15m]))'
)
_RECONCILES: Final = "sum by (namespace) (rate(dataservice_operator_reconcile_seconds_count[15m]))"

OPERATOR_RULES: Final = Group(
    "dataservice-operator",
    (
        Alert(
            "DataServiceOperatorAbsent",
            "absent(dataservice_operator_leading)",
            "5m",
            Severity.CRITICAL,
            "No operator of DataServices is seen.",
            "Prometheus has scraped no replica for five minutes. Pods go on serving; no change is carried out.",
            "See whether its pods run in `dataservice-system`. If they do, its PodMonitor is not "
            "taken up, or a NetworkPolicy keeps Prometheus out of port 9090.",
        ),
        Alert(
            "DataServiceOperatorLeaderless",
            "sum by (namespace) (dataservice_operator_leading) == 0",
            "2m",
            Severity.CRITICAL,
            "No replica of the operator leads.",
            "None of the replicas in {{ $labels.namespace }} holds the Lease. Pods go on serving; no change is "
            "carried out.",
            "The replicas' logs say why they cannot take the Lease: the API server is away, or the right to "
            "update it is missing.",
        ),
        Alert(
            "DataServiceOperatorTwoLeaders",
            "sum by (namespace) (dataservice_operator_leading) > 1",
            "2m",
            Severity.CRITICAL,
            "More than one replica of the operator leads.",
            "{{ $value }} replicas in {{ $labels.namespace }} say that they hold the Lease.",
            "Two installations share the namespace, or a replica's clock stands still. Their writes are refused "
            "where they would undo each other; delete the pods that the Lease does not name.",
        ),
        Alert(
            "DataServiceQueueOld",
            "dataservice_operator_queue_oldest_seconds > 60 "
            "and on (namespace, pod) dataservice_operator_leading == 1",
            "2m",
            Severity.WARNING,
            "Changes wait for the operator.",
            "A DataService has waited {{ $value | humanizeDuration }} for a worker of {{ $labels.pod }}.",
            "After thousands of changes at once it passes by itself: see whether the queue gets shorter. Else "
            "the API server answers slowly, or the operator has too little CPU. At 300 s it is restarted.",
        ),
        Alert(
            "DataServiceWatchSilent",
            "max by (namespace, pod, resource) (dataservice_operator_watch_silence_seconds) > 150",
            "1m",
            Severity.WARNING,
            "The operator hears nothing of some kind.",
            "{{ $labels.pod }} has heard nothing of {{ $labels.resource }} for "
            "{{ $value | humanizeDuration }}: changes of them wait for the next resync.",
            "A watch is opened anew after 70 s of silence, so this one cannot be: the log says what the API "
            "server answers. At 270 s the replica is restarted.",
        ),
        Alert(
            "DataServiceStalled",
            "max by (dataservice_namespace, dataservice, reason) "
            '(dataservice_operator_not_ready{state="stalled"}) == 1',
            "5m",
            Severity.WARNING,
            "A DataService cannot be made as it is asked for.",
            "{{ $labels.dataservice_namespace }}/{{ $labels.dataservice }} is stalled: {{ $labels.reason }}.",
            "`kubectl describe dsvc ...` shows the condition's message, which says what is missing. Pods that "
            "ran go on serving what was asked for last. The alert's runbook is the reason's own lines in "
            "Troubleshooting.",
            runbook=f"{DOCUMENTS}/troubleshooting.md#{{{{ $labels.reason | toLower }}}}",
        ),
        Alert(
            "DataServiceUntouched",
            'max by (namespace) (dataservice_operator_resources{state="new"}) > 0',
            "10m",
            Severity.WARNING,
            "The operator has not acted on a new DataService.",
            "{{ $value }} DataServices have no status yet.",
            "Each reconcile of it fails before its status is written: the leader's log names it and the error.",
        ),
        Alert(
            "DataServiceReconcileErrors",
            f"{_ERRORS} / {_RECONCILES} > 0.1",
            "10m",
            Severity.WARNING,
            "Reconciles end with errors.",
            "{{ $value | humanizePercentage }} of the operator's reconciles in {{ $labels.namespace }} fail.",
            "The leader's log has each with its DataService. What the API server refuses for good is told in the "
            "status; this is what it answers now and then, or a defect.",
        ),
        Alert(
            "DataServiceFoughtOver",
            "sum by (namespace, kind) (increase(dataservice_operator_repairs_total[30m])) > 20",
            "5m",
            Severity.WARNING,
            "Somebody else writes what the operator writes.",
            "The operator has set {{ $labels.kind }} right {{ $value | humanize }} times in half an hour.",
            "`kubectl get ... --show-managed-fields` on the child shows who else sets its fields: have them leave "
            "it, or say it in the DataService's spec.",
        ),
    ),
)
