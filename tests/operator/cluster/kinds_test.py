"""Where the API server keeps each kind."""

import pytest

from dataservice_operator.cluster.kinds import CHILDREN, CONFIG_MAP, DATA_SERVICE, DEPLOYMENT, Kind, kind_of
from dataservice_operator.render.children import children
from tests.operator.samples import EMBEDDED, FULL, INPUTS, data_service


@pytest.mark.parametrize(
    ("kind", "place", "path"),
    [
        (CONFIG_MAP, (), "/api/v1/configmaps"),
        (CONFIG_MAP, ("shop",), "/api/v1/namespaces/shop/configmaps"),
        (CONFIG_MAP, ("shop", "a"), "/api/v1/namespaces/shop/configmaps/a"),
        (DEPLOYMENT, ("shop", "a"), "/apis/apps/v1/namespaces/shop/deployments/a"),
        (
            DATA_SERVICE,
            ("shop", "a", "status"),
            "/apis/dataservice.dev/v1alpha1/namespaces/shop/dataservices/a/status",
        ),
    ],
)
def test_a_path_is_that_of_the_kubernetes_api(kind: Kind, place: tuple[str, ...], path: str) -> None:
    assert kind.path(*place) == path


def test_every_child_that_is_rendered_is_of_a_kind_that_is_watched() -> None:
    rendered = [children(data_service(**spec), INPUTS).manifests() for spec in (FULL, EMBEDDED)]
    assert {kind_of(manifest) for manifests in rendered for manifest in manifests} == set(CHILDREN)
