"""promtool takes the rules, and each alert fires when it should and not before."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.generate import ROOT
from delivery.monitoring.files import FOLDER, GROUPS
from delivery.monitoring.reference import reference
from delivery.monitoring.rules import PAGE
from tests.support.tools import output, run, tool

RULES = ROOT / FOLDER / "prometheus/rules.yaml"
CASES = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
ALERTS = [alert for group in GROUPS for alert in group.alerts()]


@pytest.mark.tools
def test_promtool_has_nothing_against_the_rules() -> None:
    output(tool("promtool"), "check", "rules", "--lint=all", "--lint-fatal", RULES)


@pytest.mark.tools
@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_alerts_fire_and_stay_silent_as_the_cases_say(cases: Path) -> None:
    done = run(tool("promtool"), "test", "rules", cases)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_fires_in_a_case_in_which_it_was_silent_before() -> None:
    fired = {
        name for path in CASES for case in yaml.safe_load(path.read_text())["tests"] for name in _fires(case)
    }
    assert fired == {alert.name for alert in ALERTS}


def _fires(case: dict[str, Any]) -> set[str]:
    """The alerts of a case that fire, where nothing did at an earlier time."""
    shown = case.get("promql_expr_test", [])
    if "exp_samples" in shown[0]:
        return set()
    labels = [sample["labels"] for each in shown for sample in each.get("exp_samples", ())]
    named = {label.split('alertname="')[1].split('"')[0] for label in labels if label.startswith("ALERTS{")}
    return named | {each["alertname"] for each in case.get("alert_rule_test", ())}


def test_each_alert_refers_to_its_own_lines_on_the_page() -> None:
    headings = {
        line.removeprefix("### ").lower() for line in reference().splitlines() if line.startswith("### ")
    }
    for alert in (alert for alert in ALERTS if not alert.runbook):
        page, anchor = alert.rule()["annotations"]["runbook_url"].split("#")
        assert page == PAGE
        assert anchor in headings
    assert (ROOT / PAGE.partition("/main/")[2]).exists()
