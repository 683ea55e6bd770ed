"""Which image the pods run."""

from dataclasses import dataclass

import pytest

from dataservice_operator.render.image import choose
from tests.operator.samples import data_service

OLD, NEW, OWN = "default:old", "default:new", "own:1"


@dataclass(frozen=True)
class Now:
    """What choosing looks at; `default` is the operator's default of the day."""

    spec: str | None = None
    upgrade: str | None = None
    recorded: str | None = None
    live_image: str | None = None
    live_pin: str | None = None
    default: str = NEW


@pytest.mark.parametrize(
    ("now", "image", "pin"),
    [
        pytest.param(Now(), NEW, "default:", id="first seen: the default"),
        pytest.param(Now(spec=OWN), OWN, "spec", id="first seen with an image of its own"),
        pytest.param(
            Now(recorded=OLD, live_pin="default:"), OLD, "default:", id="the default moved: nothing does"
        ),
        pytest.param(Now(spec=OWN, recorded=OLD, live_pin="default:"), OWN, "spec", id="an image is named"),
        pytest.param(
            Now(spec="own:2", recorded=OWN, live_pin="spec"), "own:2", "spec", id="another is named"
        ),
        pytest.param(Now(recorded=OWN, live_pin="spec"), NEW, "default:", id="the image is named no more"),
        pytest.param(
            Now(upgrade="2026-05", recorded=OLD, live_pin="default:"), NEW, "default:2026-05", id="upgrade"
        ),
        pytest.param(
            Now(upgrade="2026-05", recorded=OLD, live_pin="default:2026-05"),
            OLD,
            "default:2026-05",
            id="upgraded before: the default moved again, nothing does",
        ),
        pytest.param(
            Now(recorded=OLD, live_pin="default:2026-05"), NEW, "default:", id="the annotation is removed"
        ),
        pytest.param(
            Now(spec=OWN, upgrade="2026-05", recorded=OWN, live_pin="spec"),
            OWN,
            "spec",
            id="an upgrade does not touch an image of its own",
        ),
        pytest.param(Now(recorded=OLD), OLD, "default:", id="the Deployment was deleted: the same again"),
        pytest.param(
            Now(live_image=OLD, live_pin="default:"),
            OLD,
            "default:",
            id="the status was lost: the same runs on",
        ),
        pytest.param(
            Now(recorded="evil:1", live_image=OLD, live_pin="default:"),
            OLD,
            "default:",
            id="the status was edited: it does not decide",
        ),
        pytest.param(
            Now(recorded=OLD, live_image=OLD), OLD, "default:", id="the pin was edited: the same runs on"
        ),
        pytest.param(
            Now(recorded=OLD, live_pin="default:"), OLD, "default:", id="the Deployment's image was edited"
        ),
        pytest.param(
            Now(recorded=OWN, live_image=OWN, live_pin="spec"),
            NEW,
            "default:",
            id="named no more, and it runs",
        ),
    ],
)
def test_an_image_moves_only_when_its_rule_changes(now: Now, image: str, pin: str) -> None:
    parent = data_service(
        image=now.spec,
        annotations={"dataservice.dev/upgrade": now.upgrade} if now.upgrade else {},
        status={"observedGeneration": 1, "image": now.recorded},
    )
    assert choose(parent, default=now.default, live_image=now.live_image, live_pin=now.live_pin) == (
        image,
        pin,
    )
