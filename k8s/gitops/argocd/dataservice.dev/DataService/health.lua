-- The health that Argo CD shows for a DataService, from its conditions.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function holds(kind)
  return conditions[kind] ~= nil and conditions[kind].status == "True"
end

local function told(kind)
  return conditions[kind].reason .. ": " .. conditions[kind].message
end

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "it is being deleted" }
end
if conditions.Ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not acted on this spec yet" }
end
-- Under suspend a spec that is not applied is stalled, for that reason: as asked, and no failure.
if holds("Stalled") and conditions.Stalled.reason ~= "Suspended" then
  return { status = "Degraded", message = told("Stalled") }
end
if holds("Suspended") then
  return { status = "Suspended", message = told(holds("Ready") and "Suspended" or "Ready") }
end
if holds("Ready") then
  return { status = "Healthy", message = told("Ready") }
end
return { status = "Progressing", message = told("Ready") }
