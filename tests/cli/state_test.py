from typing import Any

from dataservice_operator.crd.reasons import REASONS
from kubectl_dataservice.state import state


def _seen(*, observed: int = 1, generation: int = 1, **ready: str) -> dict[str, Any]:
    conditions = [
        {"type": "Ready", "status": "False", "reason": "SecretNotFound", "message": "create it", **ready}
    ]
    return {
        "metadata": {"name": "orders", "namespace": "shop", "generation": generation},
        "spec": {},
        "status": {"observedGeneration": observed, "conditions": conditions},
    }


def test_a_reason_is_told_with_what_to_do_about_it_here() -> None:
    seen = state(_seen())
    assert (seen.ready, seen.reason, seen.message) == (False, "SecretNotFound", "create it")
    assert seen.meaning == REASONS["SecretNotFound"].meaning
    assert "Create it in namespace shop" in seen.remedy


def test_ready_is_what_speaks_of_the_spec_of_now() -> None:
    assert state(_seen(status="True", reason="PodsReady")).ready
    stale = state(_seen(status="True", reason="PodsReady", generation=2))
    assert not stale.ready
    assert stale.meaning == "The operator has not acted on the last change yet."


def test_one_that_no_operator_has_seen_says_so_and_how_to_look_for_it() -> None:
    fresh = _seen()
    fresh["status"] = {"observedGeneration": -1}
    seen = state(fresh)
    assert seen.meaning == "No operator has seen it yet."
    assert "watches namespace shop: kubectl get pods -A" in seen.remedy


def test_a_reason_of_a_newer_operator_is_told_in_its_own_words() -> None:
    seen = state(_seen(reason="Haunted", message="a ghost"))
    assert (seen.reason, seen.message, seen.remedy) == ("Haunted", "a ghost", "")
