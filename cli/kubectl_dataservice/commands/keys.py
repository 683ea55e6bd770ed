"""`keys`: API keys, made and withdrawn. A key is printed once, to standard output; all else to standard error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from kubectl_dataservice import keys as entry
from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.data_services import find, named
from kubectl_dataservice.cluster.forward import Access
from kubectl_dataservice.cluster.key_secret import Change, Entries, KeySecret
from kubectl_dataservice.durations import seconds
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.options import Context, Format, Kubeconfig, Name, Namespace, Output, Timeout
from kubectl_dataservice.output import note, say, structured, table
from kubectl_dataservice.uptake import wait_until_taken

UPTAKE: Final = "within two minutes"
"""The kubelet renews the files of a mounted Secret once in a minute or so, and the pods look once a second."""

keys = typer.Typer(
    help="API keys of a DataService: made, listed, changed, withdrawn.\n\n\b\nExample:\n"
    "  kubectl dataservice keys create orders --name till -n shop",
    no_args_is_help=True,
    rich_markup_mode=None,
)

KeyName = Annotated[
    str, typer.Option("--name", metavar="CLIENT", help="Name of the client, which the access log shows.")
]
Scopes = Annotated[str, typer.Option(help="What the key is for: read, write or read,write.")]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until each ready pod takes the key.")]


@keys.command()
def create(
    name: Name,
    client: KeyName = "default",
    scopes: Scopes = "read,write",
    *,
    wait: Wait = False,
    timeout: Timeout = "3m",
    output: Output = Format.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Make an API key, shown this once. The Secret keeps its SHA-256 alone.

    \b
    Example:
      KEY=$(kubectl dataservice keys create orders --name till -n shop)
    """
    patience = seconds(timeout)
    key = entry.new_key()
    made = entry.known(key, entry.scopes(scopes))
    entry.client(client)
    scope = _Scope(name, namespace, context, kubeconfig)
    scope.secret.change(_added(client, made, scope))
    _show(scope, client, made, key, output)
    note(f"API key {client!r} of {scope} is made: it is not shown again, and pods take it {UPTAKE}")
    if wait:
        scope.wait(key, patience)


@keys.command()
def rotate(
    name: Name,
    client: KeyName = "default",
    scopes: Annotated[
        str | None, typer.Option(help="As for create; else those of the newest key.", show_default=False)
    ] = None,
    *,
    now: Annotated[bool, typer.Option("--now", help="Withdraw the old keys with the same change.")] = False,
    wait: Wait = False,
    timeout: Timeout = "3m",
    output: Output = Format.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Make a new key for a client, beside the old one.

    The old one goes on working until it is revoked, and both are the same client.

    \b
    Example:
      kubectl dataservice keys rotate orders --name till -n shop
      kubectl dataservice keys revoke orders --name till --old -n shop
    """
    patience = seconds(timeout)
    given = None if scopes is None else entry.scopes(scopes)
    key = entry.new_key()
    scope = _Scope(name, namespace, context, kubeconfig)
    made = entry.known(key, given or _newest(scope, client).scopes)

    def alter(found: Entries) -> Mapping[str, bytes]:
        old = scope.entry(found, client)
        return {client: entry.with_key(b"" if now else old, made)}

    scope.secret.change(alter)
    _show(scope, client, made, key, output)
    revoke_old = f"{scope.command('revoke')} --name {client} --old"
    until = f"pods refuse the old ones {UPTAKE}" if now else f"the old ones work until {revoke_old}"
    note(f"API key {client!r} of {scope} has a new value, not shown again; pods take it {UPTAKE}; {until}")
    if wait:
        scope.wait(key, patience)


@keys.command()
def revoke(
    name: Name,
    client: Annotated[str, typer.Option("--name", metavar="CLIENT", help="Name of the client.")],
    *,
    old: Annotated[bool, typer.Option("--old", help="All of its keys but the newest.")] = False,
    key_id: Annotated[
        str | None, typer.Option("--id", help="The one that keys list shows by this id.", show_default=False)
    ] = None,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """Withdraw the keys of a client.

    \b
    Example:
      kubectl dataservice keys revoke orders --name till -n shop
    """
    if old and key_id:
        raise Problem("--old and --id go together with no other: write one of them", Exit.USAGE)
    scope = _Scope(name, namespace, context, kubeconfig)
    left: list[Any] = []

    def alter(found: Entries) -> Mapping[str, bytes | None]:
        known = entry.keys_of(scope.entry(found, client))
        kept = entry.kept(known, client, key_id, old=old)
        left[:] = [*kept, *(name for name, value in found.items() if name != client and entry.keys_of(value))]
        return {client: entry.with_keys(kept) if kept else None}

    scope.secret.change(alter)
    gone = "each key but the newest" if old else f"key {key_id}" if key_id else "each key"
    note(f"{gone} of {client!r} of {scope} is revoked: pods refuse it {UPTAKE}")
    if not left:
        note(
            f"that was the last: all requests are refused, and pods not ready, until {scope.command('create')}"
        )


@keys.command("list")
def list_(
    name: Name,
    output: Output = Format.TEXT,
    namespace: Namespace = None,
    context: Context = None,
    kubeconfig: Kubeconfig = None,
) -> None:
    """List the keys, oldest first.

    An id is the beginning of the key's SHA-256.

    \b
    Example:
      kubectl dataservice keys list orders -n shop
    """
    scope = _Scope(name, namespace, context, kubeconfig)
    found = scope.secret.entries()
    rows = [(client, key) for client in sorted(found) for key in entry.keys_of(found[client])]
    if output is not Format.TEXT:
        structured([_described(client, key) for client, key in rows], output)
    elif rows:
        table(("NAME", "ID", "SCOPES"), [(client, key.id, ",".join(key.scopes)) for client, key in rows])
    else:
        note(f"{scope} has no keys: {scope.command('create')} makes one")
    for client, value in found.items():
        if count := entry.unusable(value):
            note(
                f"{count} line(s) of {client!r} in Secret {scope.secret.name!r} are no keys: pods pass them over"
            )


class _Scope:
    """The DataService whose keys are meant, as messages name it, and its Secret."""

    def __init__(
        self, name: str, namespace: str | None, context: str | None, kubeconfig: Path | None
    ) -> None:
        self._cluster = connect(namespace, context, kubeconfig)
        self._data_service = find(self._cluster, name)
        self._access = Access(self._cluster.namespace, context, kubeconfig)
        self._name = name
        self.secret = KeySecret(self._cluster, self._data_service)

    def __str__(self) -> str:
        return named(self._data_service)

    def command(self, verb: str) -> str:
        return f"kubectl dataservice keys {verb} {self._name} -n {self._cluster.namespace}"

    def entry(self, found: Entries, client: str) -> bytes:
        if client in found:
            return found[client]
        there = f"there are {', '.join(sorted(found))}" if found else f"{self.command('create')} makes one"
        raise Problem(f"no API key {client!r} in Secret {self.secret.name!r}: {there}", Exit.NOT_FOUND)

    def wait(self, key: str, patience: int) -> None:
        wait_until_taken(self._cluster, self._access, self._name, key, patience)
        note("each ready pod takes it")


def _added(client: str, key: entry.Known, scope: _Scope) -> Change:
    def alter(found: Entries) -> Mapping[str, bytes]:
        if client in found:
            there = f"there is an API key {client!r} in Secret {scope.secret.name!r}"
            raise Problem(f"{there}: rotate it, or choose another --name", Exit.NO)
        return {client: entry.with_key(b"", key)}

    return alter


def _newest(scope: _Scope, client: str) -> entry.Known:
    known = entry.keys_of(scope.entry(scope.secret.entries(), client))
    if not known:
        raise Problem(
            f"{client!r} has no key that can be used: say what the new one is for by --scopes", Exit.NO
        )
    return known[-1]


def _described(client: str, key: entry.Known) -> dict[str, Any]:
    return {"name": client, "id": key.id, "scopes": list(key.scopes)}


def _show(scope: _Scope, client: str, made: entry.Known, key: str, output: Format) -> None:
    if output is Format.TEXT:
        say(key)
    else:
        structured({**_described(client, made), "secret": scope.secret.name, "key": key}, output)
