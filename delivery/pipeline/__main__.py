"""The commands. What a step needs comes by options or, as workflows prefer, by variables of the same meaning."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from delivery.pipeline import images, preflight, release, smoke
from delivery.pipeline.errors import PipelineError
from delivery.pipeline.release import Release

OPTIONS = {
    "registry": ("REGISTRY", "where images are pushed, such as ghcr.io/example"),
    "revision": ("REVISION", "the commit that is shipped"),
    "operator": ("OPERATOR_IMAGE", "the operator's image, by digest"),
    "service": ("SERVICE_IMAGE", "the service's image, by digest"),
    "overlay": ("OVERLAY", "folder that is applied, such as k8s/overlays/cluster"),
    "samples": ("SAMPLES", "folder that the smoke test applies, such as k8s/overlays/smoke"),
    "kubeconfig": ("KUBECONFIG", "file that the secret is written to"),
    "seconds": ("WAIT_SECONDS", "how long a wait may take"),
}
RELEASE = ("overlay", "operator", "service", "revision")


def main() -> None:
    """Exit codes: 0 done, 1 stopped with the reason, 2 called wrongly."""
    arguments = _parser().parse_args()
    for name in arguments.needs:
        if not getattr(arguments, name):
            sys.exit(
                _complain(f"--{name} is needed (or the variable {OPTIONS[name][0]}): {OPTIONS[name][1]}")
            )
    try:
        arguments.step(arguments)
    except PipelineError as error:
        sys.exit(_fail(str(error)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m delivery.pipeline", description=__doc__)
    steps = parser.add_subparsers(title="steps, in the order of the pipeline", required=True, metavar="STEP")

    def add(
        name: str, what: str, needs: tuple[str, ...], step: Callable[[argparse.Namespace], object]
    ) -> None:
        command = steps.add_parser(name, help=what, description=what)
        command.set_defaults(needs=needs, step=step)
        for option in needs:
            variable, explanation = OPTIONS[option]
            default = os.environ.get(variable) or ("180" if option == "seconds" else None)
            command.add_argument(f"--{option}", default=default, help=f"{explanation} (${variable})")

    def preflight_step(given: argparse.Namespace) -> None:
        preflight.preflight(os.environ, Path(given.kubeconfig))

    def kubeconfig_step(given: argparse.Namespace) -> None:
        preflight.write_kubeconfig(os.environ, Path(given.kubeconfig))

    def publish_step(given: argparse.Namespace) -> None:
        images.publish(given.registry, given.revision, os.environ)

    add("preflight", "Stop unless every secret is there and opens a cluster", ("kubeconfig",), preflight_step)
    add("publish", "Build the images, push them, tell their digests", ("registry", "revision"), publish_step)
    add("kubeconfig", "Write the secret KUBECONFIG to a file for kubectl", ("kubeconfig",), kubeconfig_step)
    add("deploy", "Apply the release", RELEASE, lambda given: release.deploy(_release(given)))
    add("wait", "Wait for the rollout", ("seconds",), lambda given: release.wait(int(given.seconds)))
    add(
        "smoke",
        "Make a DataService and use it, then remove it",
        ("samples", "service", "seconds"),
        lambda given: smoke.smoke(Path(given.samples), given.service, int(given.seconds)),
    )
    add(
        "record",
        "Keep the release as the one to go back to",
        RELEASE,
        lambda given: release.record(_release(given)),
    )
    add(
        "rollback",
        "Put the recorded release back in place of this one",
        (*RELEASE, "seconds"),
        lambda given: release.roll_back(_release(given), int(given.seconds)),
    )
    return parser


def _release(given: argparse.Namespace) -> Release:
    return Release(Path(given.overlay), given.operator, given.service, given.revision)


def _complain(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2


def _fail(message: str) -> int:
    """GitHub shows a line that begins so at the top of the run; its own line breaks are written %0A."""
    sys.stderr.write(f"error: {message}\n")
    if os.environ.get("GITHUB_ACTIONS"):
        sys.stderr.write("::error::" + message.replace("%", "%25").replace("\n", "%0A") + "\n")
    return 1


if __name__ == "__main__":
    main()
