import socket
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from tests.cluster import addresses
from tests.cluster.addresses import Addresses
from tests.cluster.errors import ClusterError
from tests.cluster.identity import PORTS, SUBNETS, Instance, Mode, preferred_ports, preferred_subnets


def test_an_identity_points_at_the_same_addresses_every_time() -> None:
    assert addresses.free_subnet("a", []) == addresses.free_subnet("a", [])
    assert addresses.free_subnet("a", []) != addresses.free_subnet("b", [])


def test_every_address_of_the_range_is_tried() -> None:
    assert len(set(preferred_subnets("a"))) == SUBNETS.num_addresses // 4
    assert set(preferred_ports("a")) == set(PORTS)


def test_a_subnet_that_overlaps_with_another_is_left_to_it() -> None:
    first = preferred_subnets("a")[0]
    assert addresses.free_subnet("a", [first.supernet(new_prefix=24)]) not in first.supernet(
        new_prefix=24
    ).subnets(new_prefix=30)


def test_a_range_without_room_is_said() -> None:
    with pytest.raises(ClusterError, match="no free /30"):
        addresses.free_subnet("a", [SUBNETS])


def test_a_port_that_another_program_listens_on_is_left_to_it() -> None:
    wanted = addresses.free_port("a", set())
    with socket.create_server(("127.0.0.1", wanted + 2)):
        assert addresses.free_port("a", set()) != wanted


def test_the_machine_and_the_node_are_the_two_hosts_of_their_link() -> None:
    link = Addresses(subnet=IPv4Network("10.200.0.4/30"))
    assert (link.machine, link.node) == ("10.200.0.5", "10.200.0.6")


def test_a_claim_stays_until_the_state_is_removed_and_is_not_given_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASERVICE_CACHE", str(tmp_path))
    monkeypatch.setattr(addresses, "preferred_ports", lambda _: list(PORTS))
    first, second = Instance("a", Mode.CONTROL_PLANE), Instance("b", Mode.CONTROL_PLANE)
    claimed = addresses.claim(first)
    assert addresses.claim(first) == claimed
    assert addresses.claim(second) != claimed
