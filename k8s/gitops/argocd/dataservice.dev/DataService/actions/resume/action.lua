obj.spec.suspend = nil

-- A JSON Schema may hold what Lua does not have: null, and integers beyond 2^53. Argo CD puts an object that comes back
-- as an empty table back as it was, so that nothing of the spec is sent but what is changed here.
for name, value in pairs(obj.spec) do
  if type(value) == "table" then
    obj.spec[name] = {}
  end
end
return obj
