import pytest

from tests.cluster import identity
from tests.cluster.errors import ClusterError
from tests.cluster.identity import IDENTITY_VARIABLE, Instance, Mode

LONGEST_INTERFACE_NAME = 15


def test_a_checkout_is_known_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(IDENTITY_VARIABLE, raising=False)
    assert identity.checkout_id() == identity.digest(str(identity.CHECKOUT))[:8]


def test_another_identity_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(IDENTITY_VARIABLE, "second")
    assert identity.instance(Mode.FULL).id == "second"


@pytest.mark.parametrize("unfit", ["", "UPPER", "nine-char", "a/b", "123456789"])
def test_an_unfit_identity_is_refused(monkeypatch: pytest.MonkeyPatch, unfit: str) -> None:
    monkeypatch.setenv(IDENTITY_VARIABLE, unfit)
    with pytest.raises(ClusterError, match="1 to 8 of a-z and 0-9"):
        identity.checkout_id()


def test_the_longest_identity_gives_interface_names_that_linux_allows() -> None:
    longest = Instance("12345678", Mode.FULL)
    assert len(longest.host_link) <= LONGEST_INTERFACE_NAME
    assert len(longest.node_link) <= LONGEST_INTERFACE_NAME


def test_the_two_clusters_of_a_checkout_share_no_state() -> None:
    full, control_plane = Instance("a", Mode.FULL), Instance("a", Mode.CONTROL_PLANE)
    assert not {full.state, full.lock, full.kubeconfig} & {
        control_plane.state,
        control_plane.lock,
        control_plane.kubeconfig,
    }
