"""Argo CD's scripts, on every status that the operator's own code tells."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from lupa.lua51 import LuaError

from dataservice_operator.crd.definition import definition
from dataservice_operator.reconcile.status import Situation, status
from delivery.argocd import SCRIPTS
from delivery.generate import ROOT
from tests.operator.reconcile.status_test import DEADLINE, FATAL, HEALTHY, SITUATIONS, later
from tests.operator.samples import FULL, data_service, raw
from tests.support import argocd
from tests.support.honest import kstatus

TOLD: dict[str, Situation] = {
    "Ready": HEALTHY,
    **SITUATIONS,
    **FATAL,
    **{f"{reason}, overdue": later(situation, DEADLINE) for reason, situation in SITUATIONS.items()},
}
"""By what is the matter."""
UNKNOWN_TO_LUA: dict[str, Any] = {
    "type": "object",
    "properties": {"n": {"enum": ["a", None, 2**63 - 1], "default": None}, "any": {}, "none": {"enum": []}},
}


def live(situation: Situation, **changes: Any) -> dict[str, Any]:
    return raw(status=status(situation), **changes)


@pytest.mark.parametrize("reason", TOLD)
def test_argo_cd_and_flux_say_the_same_of_each_status(reason: str) -> None:
    seen = live(TOLD[reason])
    health, message = argocd.health(seen)
    assert health == argocd.TELLING[kstatus(seen)]
    assert message.startswith(reason.partition(",")[0] if reason != "Ready" else "PodsReady: 1 of 1")


@pytest.mark.tools
def test_argo_cds_own_interpreter_says_so_too() -> None:
    seen = [raw(), *(live(situation) for situation in TOLD.values())]
    assert argocd.health_by_its_own_lua(seen) == [argocd.health(each) for each in seen]


def test_a_resource_that_nobody_has_seen_is_progressing() -> None:
    fresh = raw()
    assert argocd.health(fresh)[0] == "Progressing"
    del fresh["status"]
    assert argocd.health(fresh)[0] == "Progressing"


def test_a_status_of_an_older_spec_does_not_count() -> None:
    for situation in (HEALTHY, *FATAL.values()):
        edited = live(situation, generation=2)
        assert argocd.health(edited) == ("Progressing", "the operator has not acted on this spec yet")


def test_what_is_being_deleted_is_progressing() -> None:
    going = live(HEALTHY)
    going["metadata"]["deletionTimestamp"] = "2026-05-01T12:00:00Z"
    assert argocd.health(going)[0] == argocd.TELLING[kstatus(going)] == "Progressing"


@pytest.mark.parametrize(("reason", "health"), [("Suspended", "Suspended"), ("InvalidSchema", "Degraded")])
def test_under_suspend_only_what_an_edit_must_heal_is_a_failure(reason: str, health: str) -> None:
    [problem] = FATAL["InvalidSchema"].problems
    stuck = replace(HEALTHY, parent=data_service(suspend=True), problems=(replace(problem, reason=reason),))
    assert argocd.health(live(stuck, suspend=True))[0] == health


@pytest.mark.parametrize("situation", [HEALTHY, SITUATIONS["DatabaseUnreachable"]])
def test_under_suspend_all_else_is_suspended_and_its_cause_is_told(situation: Situation) -> None:
    seen = live(replace(situation, parent=data_service(suspend=True)), suspend=True)
    health, message = argocd.health(seen)
    assert health == "Suspended"
    assert ("mongo.shop" in message) == (situation is not HEALTHY)


def test_actions_are_those_that_have_an_effect() -> None:
    assert argocd.actions(live(HEALTHY)) == {"restart", "suspend"}
    assert argocd.actions(live(HEALTHY, suspend=False)) == {"restart", "suspend"}
    assert argocd.actions(live(HEALTHY, suspend=True)) == {"resume"}


def test_an_action_changes_its_own_field_and_nothing_else() -> None:
    """Whatever the spec holds: Lua has no null, no large integers, and one empty table for {} and []."""
    full = live(HEALTHY, **{**FULL, "data": {"schema": UNKNOWN_TO_LUA, "indexes": []}})
    assert argocd.act(full, "suspend") == {"spec": {"suspend": True}}
    full["spec"]["suspend"] = True
    assert argocd.act(full, "resume") == {"spec": {"suspend": None}}
    restart = argocd.act(full, "restart")
    assert list(restart["metadata"]["annotations"]) == ["dataservice.dev/restartedAt"]
    del restart["metadata"]
    assert restart == {}


def test_no_field_right_below_the_spec_is_a_list() -> None:
    """An action returns what is a table there as an empty one, which Argo CD takes for an empty list."""
    [version] = definition()["spec"]["versions"]
    fields = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert "array" not in {field.get("type") for field in fields.values()}


def test_the_scripts_are_run_without_what_argo_cd_does_not_open() -> None:
    for missing in (
        "string.upper('a')",
        "('a'):upper()",
        "io.open('x')",
        "os.time()",
        "math.floor(1)",
        "python",
    ):
        with pytest.raises(LuaError, match="attempt to"):
            argocd._run(f"local x = {missing}; return {{ x.x }}", {})
    with pytest.raises(LuaError, match="not found"):
        argocd._run("return require('io')", {})


def test_the_scripts_lie_as_argo_cd_lays_out_its_own() -> None:
    found = {str(path.relative_to(ROOT / SCRIPTS)) for path in (ROOT / SCRIPTS).rglob("*.lua")}
    each = {f"actions/{name}/action.lua" for name in ("restart", "suspend", "resume")}
    assert found == {"health.lua", "actions/discovery.lua", *each}
    assert yaml.safe_load((ROOT / "k8s/gitops/argocd/argocd-cm.yaml").read_text())["kind"] == "ConfigMap"
