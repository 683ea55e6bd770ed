"""A sample of the campaign: each fault once. `make test-faults` makes them all."""

import pytest

from tests.cluster.state import Cluster
from tests.faults.operator import campaign, story
from tests.faults.operator.plans import Fault, all_plans, one_of_each
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.apiserver

TOGETHER = 4


def test_whatever_goes_wrong_once_the_same_is_made_in_the_end(api_server: Cluster) -> None:
    kubectl = Kubectl(api_server.kubectl, api_server.kubeconfig)
    story.prepare(kubectl)
    reference = campaign.undisturbed(kubectl)
    plans = one_of_each(all_plans(reference.writes, reference.events))
    assert {plan.fault for plan in plans} == set(Fault)
    failures = campaign.disturbed(kubectl, reference, plans, TOGETHER)
    assert not failures, "\n".join(f"{plan}: {error}" for plan, error in failures)
