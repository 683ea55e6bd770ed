-- Under suspend the pods are left as they are: there is nothing to restart.
local suspended = obj.spec.suspend == true
return {
  restart = { disabled = suspended, iconClass = "fa fa-fw fa-redo" },
  suspend = { disabled = suspended, iconClass = "fa fa-fw fa-pause" },
  resume = { disabled = not suspended, iconClass = "fa fa-fw fa-play" },
}
