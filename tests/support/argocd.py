"""What Argo CD makes of a DataService: its ConfigMap's own scripts, in Lua 5.1 with what Argo CD opens of it.

Argo CD opens `package`, `table` and the basic functions, and lets `require("os")` tell the time; there is no `string`,
`math` or `io` (https://github.com/argoproj/argo-cd/blob/master/util/lua/lua.go). Numbers are floats, and null is nil:
an object loses such a field, an array such an item.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml
from lupa.lua51 import LuaRuntime, lua_type

from dataservice_operator.crd.resource import GROUP, KIND
from delivery.argocd import PATCH
from delivery.generate import ROOT
from tests.support.honest import kstatus
from tests.support.tools import output, tool

TELLING: Final = {
    "Current": "Healthy",
    "InProgress": "Progressing",
    "Failed": "Degraded",
    "Terminating": "Progressing",
}
"""What Argo CD is to show of what kstatus finds, but for what is suspended."""

_DATA: Final[dict[str, str]] = yaml.safe_load((ROOT / PATCH).read_text(encoding="utf-8"))["data"]
_HEALTH: Final = _DATA[f"resource.customizations.health.{GROUP}_{KIND}"]
_ACTIONS: Final[dict[str, Any]] = yaml.safe_load(_DATA[f"resource.customizations.actions.{GROUP}_{KIND}"])
_SANDBOX: Final = """
local os = { time = os.time, date = os.date }
local open = { package = package, table = table, _G = _G }
for name in pairs(package.loaded) do package.loaded[name] = open[name] end
package.preload.os = function() return os end
for name, value in pairs(_G) do
  if type(value) == "table" and open[name] == nil then _G[name] = nil end
end
getmetatable("").__index = nil
"""


def health(live: Mapping[str, Any]) -> tuple[str, str]:
    """Health and message."""
    told = _run(_HEALTH, live)
    return told["status"], told["message"]


def health_by_its_own_lua(live: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """As `health`, by the interpreter that Argo CD has in it: gopher-lua."""
    told = "io.write(health.status, '\\t', health.message, '\\n')"
    script = "\n".join(
        f"obj = {_literal(each)}\nhealth = (function()\n{_HEALTH}\nend)()\n{told}" for each in live
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        lines = output(tool("glua"), file.name).splitlines()
    return [(status, message) for status, _, message in (line.partition("\t") for line in lines)]


def assert_agrees_with_flux(live: Mapping[str, Any]) -> None:
    agreed = {TELLING[kstatus(dict(live))], *(("Suspended",) if live["spec"].get("suspend") else ())}
    assert health(live)[0] in agreed


def actions(live: Mapping[str, Any]) -> set[str]:
    """Names of the actions that may be chosen."""
    found: dict[str, dict[str, Any]] = _run(_ACTIONS["discovery.lua"], live)
    return {name for name, action in found.items() if not action["disabled"]}


def act(live: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The merge patch that Argo CD sends for an action."""
    [script] = [each["action.lua"] for each in _ACTIONS["definitions"] if each["name"] == name]
    return difference(live, restored(_run(script, live), live))


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7396) that leads from one to the other."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        was = before.get(name)
        if isinstance(was, Mapping) and isinstance(value, Mapping):
            patch |= {name: below} if (below := difference(was, value)) else {}
        elif name not in before or _text(was) != _text(value):
            patch[name] = value
    return patch


def restored(returned: Any, before: Any) -> Any:
    """What a script returned, with each object back that Lua could only return as an empty table."""
    if isinstance(returned, dict) and isinstance(before, Mapping):
        return {name: restored(value, before.get(name)) for name, value in returned.items()}
    if isinstance(returned, list) and isinstance(before, Mapping) and not returned:
        return before
    if isinstance(returned, list) and isinstance(before, list):
        return [restored(value, before[i]) if i < len(before) else value for i, value in enumerate(returned)]
    return returned


def _run(script: str, live: Mapping[str, Any]) -> Any:
    lua = LuaRuntime(unpack_returned_tuples=True)
    lua.execute(_SANDBOX)
    lua.globals()["obj"] = _table(lua, live)
    return _value(lua.execute(script))


def _table(lua: LuaRuntime, value: Any) -> Any:
    if isinstance(value, Mapping):
        return lua.table_from({name: _table(lua, item) for name, item in value.items() if item is not None})
    if isinstance(value, list):
        return lua.table_from([_table(lua, item) for item in value if item is not None])
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _value(value: Any) -> Any:
    if lua_type(value) != "table":
        return int(value) if isinstance(value, float) and value.is_integer() else value
    items = dict(value.items())
    if all(isinstance(name, int) for name in items):  # so is an empty one
        return [_value(items[place]) for place in sorted(items)]
    return {name: _value(item) for name, item in items.items()}


def _literal(value: Any) -> str:
    """In Lua's own words."""
    if isinstance(value, Mapping):
        items = (f"[{_literal(name)}] = {_literal(item)}" for name, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{{{', '.join(map(_literal, value))}}}"
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
