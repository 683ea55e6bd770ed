"""How this machine reaches its package index, for a build to use and to forget."""

import subprocess
import sys
from pathlib import Path

FORWARDED = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")
CERTIFICATES = "/run/secrets/ca"
"""Where the Dockerfiles mount the certificates."""


def secrets(directory: Path) -> dict[str, Path]:
    """Write what pip is told here, by files and environment, as secrets of a build."""
    settings = _settings()
    lines = [f"{name} = {settings[name]}" for name in FORWARDED if name in settings]
    found = {}
    if (bundle := settings.get("cert")) and Path(bundle).is_file():
        lines.append(f"cert = {CERTIFICATES}")
        found["ca"] = Path(bundle)
    config = directory / "pip.conf"
    config.write_text("\n".join(["[global]", *lines, ""]))
    return {"pip": config, **found}


def _settings() -> dict[str, str]:
    """Ask pip: lines such as `global.cert='/etc/ca.crt'`, the environment (`:env:.cert=...`) last."""
    argv = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    pairs = [line.split("=", 1) for line in listed.splitlines() if line.startswith(("global.", ":env:."))]
    ordered = sorted(pairs, key=lambda pair: pair[0].startswith(":env:."))
    return {name.split(".", 1)[1]: value.strip("'") for name, value in ordered}
