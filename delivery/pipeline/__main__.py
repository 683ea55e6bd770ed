"""The commands. What a step needs comes by options or, as workflows prefer, by variables of the same meaning."""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from delivery.pipeline import images, preflight, release, smoke
from delivery.pipeline.errors import PipelineError
from delivery.pipeline.release import Release

Given = argparse.Namespace


@dataclass(frozen=True)
class Option:
    variable: str
    help: str
    default: str | None = None


@dataclass(frozen=True)
class Step:
    help: str
    needs: tuple[str, ...]
    run: Callable[[Given], object]


OPTIONS: Final = {
    "registry": Option("REGISTRY", "where images are pushed, such as ghcr.io/example"),
    "revision": Option("REVISION", "the commit that is shipped"),
    "operator": Option("OPERATOR_IMAGE", "the operator's image, by digest"),
    "service": Option("SERVICE_IMAGE", "the service's image, by digest"),
    "overlay": Option("OVERLAY", "folder that is applied, such as k8s/overlays/cluster"),
    "samples": Option("SAMPLES", "folder that the smoke test applies, such as k8s/overlays/smoke"),
    "kubeconfig": Option("KUBECONFIG", "file that the secret is written to"),
    "seconds": Option("WAIT_SECONDS", "how long a wait may take", default="180"),
}
RELEASE: Final = ("overlay", "operator", "service", "revision")


def _release(given: Given) -> Release:
    return Release(Path(given.overlay), given.operator, given.service, given.revision)


STEPS: Final = {
    "preflight": Step(
        "Stop unless every secret is there and opens a cluster",
        ("kubeconfig",),
        lambda given: preflight.preflight(os.environ, Path(given.kubeconfig)),
    ),
    "publish": Step(
        "Build the images, push them, tell their digests",
        ("registry", "revision"),
        lambda given: images.publish(given.registry, given.revision, os.environ),
    ),
    "kubeconfig": Step(
        "Write the secret KUBECONFIG to a file for kubectl",
        ("kubeconfig",),
        lambda given: preflight.write_kubeconfig(os.environ, Path(given.kubeconfig)),
    ),
    "deploy": Step("Apply the release", RELEASE, lambda given: release.deploy(_release(given))),
    "wait": Step("Wait for the rollout", ("seconds",), lambda given: release.wait(int(given.seconds))),
    "smoke": Step(
        "Make a DataService and use it, then remove it",
        ("samples", "service", "seconds"),
        lambda given: smoke.smoke(Path(given.samples), given.service, int(given.seconds)),
    ),
    "record": Step(
        "Keep the release as the one to go back to", RELEASE, lambda given: release.record(_release(given))
    ),
    "rollback": Step(
        "Put the recorded release back in place of this one",
        (*RELEASE, "seconds"),
        lambda given: release.roll_back(_release(given), int(given.seconds)),
    ),
}
"""In the order of the pipeline."""


def main() -> None:
    """Exit codes: 0 done, 1 stopped with the reason, 2 called wrongly."""
    given = _parser().parse_args()
    step = STEPS[given.step]
    for name in step.needs:
        if not getattr(given, name):
            option = OPTIONS[name]
            sys.stderr.write(
                f"error: --{name} is needed (or the variable {option.variable}): {option.help}\n"
            )
            sys.exit(2)
    try:
        step.run(given)
    except PipelineError as error:
        sys.exit(_fail(str(error)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m delivery.pipeline", description=__doc__)
    commands = parser.add_subparsers(dest="step", title="steps", required=True, metavar="STEP")
    for name, step in STEPS.items():
        command = commands.add_parser(name, help=step.help, description=step.help)
        for need in step.needs:
            option = OPTIONS[need]
            default = os.environ.get(option.variable) or option.default
            command.add_argument(f"--{need}", default=default, help=f"{option.help} (${option.variable})")
    return parser


def _fail(message: str) -> int:
    """GitHub shows a line that begins so at the top of the run; its own line breaks are written %0A."""
    sys.stderr.write(f"error: {message}\n")
    if os.environ.get("GITHUB_ACTIONS"):
        sys.stderr.write("::error::" + message.replace("%", "%25").replace("\n", "%0A") + "\n")
    return 1


if __name__ == "__main__":
    main()
