// Draws openapi.json. Whatever comes from it is untrusted text: it becomes text nodes, never markup or addresses.

const ROOT = location.pathname.replace(/\/docs$/, "");
const SHOWN_CHARACTERS = 64 * 1024;
const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);
let credential = ""; // kept in this page's memory only

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const code = (text) => element("code", {}, String(text));
const authorization = () => (credential ? { Authorization: `Bearer ${credential}` } : {});

// Schemas: a reference is to the document, or within the schema whose $id is nearest.
function resolved(schema, home, description) {
  for (let steps = 0; steps < 20 && typeof schema?.$ref === "string"; steps++) {
    const whole = schema.$ref.startsWith("#/components/") ? description : home;
    let found = whole;
    for (const part of schema.$ref.split("/").slice(1)) {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      found = found !== null && typeof found === "object" && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    if (found === undefined) break;
    schema = found;
    home = schema?.$id ? schema : home;
  }
  return [schema, schema?.$id ? schema : home];
}

function named(schema) {
  const reference = typeof schema?.$ref === "string" ? schema.$ref.split("/").at(-1) : "";
  if (reference) return reference === "#" ? "the same again" : reference;
  if (schema === true) return "anything";
  if (schema === false) return "nothing";
  const types = [schema?.type ?? (schema?.properties ? "object" : "any")].flat().join(" or ");
  const items = schema?.items ? ` of ${named(schema.items)}` : "";
  return `${types}${items}${schema?.format ? `, ${schema.format}` : ""}`;
}

const BOUNDS = ["const", "enum", "default", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
  "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
  "additionalProperties", "examples"];

function bounds(schema) {
  return BOUNDS.filter((name) => schema?.[name] !== undefined && (typeof schema[name] !== "object" || Array.isArray(schema[name])))
    .map((name) => `${name} ${JSON.stringify(schema[name])}`).join("; ");
}

function schemaView(schema, home, description) {
  const [whole, inner] = resolved(schema, home, description);
  const view = element("div");
  if (whole?.title) view.append(element("p", {}, element("strong", {}, String(whole.title))));
  if (whole?.description) view.append(element("p", {}, String(whole.description)));
  const told = bounds(whole);
  if (told) view.append(element("p", { className: "quiet mono" }, told));
  const properties = Object.entries(whole?.properties ?? {});
  if (properties.length) {
    const required = new Set(Array.isArray(whole.required) ? whole.required : []);
    const list = element("dl");
    for (const [name, property] of properties) {
      const [meant] = resolved(property, inner, description);
      const nested = meant?.properties || meant?.items || meant?.anyOf || meant?.oneOf || meant?.allOf;
      list.append(
        element("dt", {}, code(name), required.has(name) ? element("span", { className: "required", title: "required" }, " *") : null),
        element("dd", {}, named(property), nested ? folded("shape", () => schemaView(property, inner, description)) : describedBriefly(meant)),
      );
    }
    view.append(list);
  }
  if (whole?.items) view.append(folded(`items: ${named(whole.items)}`, () => schemaView(whole.items, inner, description)));
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    for (const [index, each] of (Array.isArray(whole?.[keyword]) ? whole[keyword] : []).entries()) {
      view.append(folded(`${keyword} ${index + 1}: ${named(each)}`, () => schemaView(each, inner, description)));
    }
  }
  return view;
}

function describedBriefly(schema) {
  const text = [schema?.description, bounds(schema)].filter(Boolean).join(" · ");
  return text ? element("div", { className: "quiet" }, text) : null;
}

// Drawn when it is opened: a schema may refer to itself.
function folded(title, draw) {
  const details = element("details", {}, element("summary", {}, title));
  details.addEventListener("toggle", () => details.childElementCount === 1 && details.append(draw()), { once: true });
  return details;
}

function contents(content, description) {
  // Problems are all of one shape, which stands under Schemas.
  return Object.entries(content ?? {}).filter(([type]) => type !== "application/problem+json").map(([type, { schema }]) =>
    folded(`${type}: ${named(schema)}`, () => schemaView(schema, description, description)));
}

function operationView(path, method, operation, description) {
  const section = element("section", { id: operation.operationId },
    element("h2", {}, verb(method), " ", code(path)),
    element("p", {}, operation.summary ?? ""),
    operation.description ? element("p", { className: "quiet" }, operation.description) : null);
  const parameters = operation.parameters ?? [];
  if (parameters.length) {
    section.append(element("h3", {}, "Parameters"), element("dl", {}, ...parameters.flatMap((each) => [
      element("dt", {}, code(each.name), each.required ? element("span", { className: "required" }, " *") : null),
      element("dd", {}, `${each.in}, ${named(each.schema)}`,
        describedBriefly({ ...each.schema, description: each.description ?? each.schema?.description })),
    ])));
  }
  if (operation.requestBody) {
    section.append(element("h3", {}, "Body"), ...contents(operation.requestBody.content, description));
  }
  section.append(element("h3", {}, "Answers"), element("dl", {}, ...Object.entries(operation.responses).flatMap(([status, answer]) => [
    element("dt", {}, code(status)),
    element("dd", {}, answer.description ?? "", ...contents(answer.content, description)),
  ])));
  section.append(folded("Try it", () => trial(path, method, operation, parameters)));
  return section;
}

const verb = (method) => element("span", { className: `verb ${METHODS.includes(method) ? method : ""}` }, method.toUpperCase());

function field(label, input, required) {
  input.id = `field-${++field.count}`;
  return element("div", { className: "field" },
    element("label", { htmlFor: input.id }, label, required ? element("span", { className: "required" }, " *") : null), input);
}
field.count = 0;

function trial(path, method, operation, parameters) {
  const inputs = parameters.map((each) => [each, element("input", { required: Boolean(each.required), autocomplete: "off" })]);
  const media = Object.keys(operation.requestBody?.content ?? {})[0];
  const body = media ? element("textarea", { value: "{}", spellcheck: false }) : null;
  const [line, answer] = [element("pre"), element("pre", { hidden: true })];
  const send = element("button", {}, "Send");
  const stop = element("button", { type: "button", hidden: true }, "Stop");
  const form = element("form", {},
    ...inputs.map(([each, input]) => field(`${each.name} (${each.in})`, input, each.required)),
    body ? field(`Body, ${media}`, body, true) : null, send, " ", stop);

  const request = () => {
    const filled = inputs.filter(([, input]) => input.value !== "").map(([each, input]) => [each, input.value]);
    const of = (place) => filled.filter(([each]) => each.in === place).map(([each, value]) => [each.name, value]);
    const query = new URLSearchParams(of("query")).toString();
    const target = of("path").reduce((so, [name, value]) => so.replace(`{${name}}`, () => encodeURIComponent(value)), path);
    const headers = { ...Object.fromEntries(of("header")), ...(body ? { "Content-Type": media } : {}) };
    return { url: location.origin + ROOT + target + (query ? `?${query}` : ""), headers };
  };
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const redraw = () => {
    const { url, headers } = request();
    const options = Object.entries(headers).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`);
    if (needsCredential) options.unshift(' -H "Authorization: Bearer $KEY"');
    if (body) options.push(` -d ${quoted(body.value)}`);
    line.textContent = `curl -i${method === "get" ? "" : ` -X ${method.toUpperCase()}`} ${quoted(url)}${options.join("")}`;
  };
  form.addEventListener("input", redraw);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const stopping = new AbortController();
    stop.onclick = () => stopping.abort();
    [answer.hidden, stop.hidden, send.disabled, answer.textContent] = [false, false, true, "…"];
    try {
      const { url, headers } = request();
      await shown(await fetch(url, { method: method.toUpperCase(), headers: { ...headers, ...authorization() },
        body: body?.value, signal: stopping.signal, cache: "no-store", credentials: "omit" }), answer, stopping);
    } catch (error) {
      if (!stopping.signal.aborted) answer.append(`\n${error}`);
    }
    [stop.hidden, send.disabled] = [true, false];
  });
  redraw();
  return element("div", {}, form, line, answer);
}

// As it comes, for a stream may not end; and not more than a person reads.
async function shown(response, into, stopping) {
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  into.textContent = `${response.status} ${response.statusText}\n${headers}\n\n`;
  const decoder = new TextDecoder();
  for (let reader = response.body?.getReader(); reader; ) {
    const { done, value } = await reader.read();
    into.append(decoder.decode(value ?? new Uint8Array(), { stream: !done }));
    if (done) return;
    if (into.textContent.length > SHOWN_CHARACTERS) {
      into.append("\n… cut here");
      return stopping.abort();
    }
  }
}

let needsCredential = false;

function draw(description) {
  const title = description.info.title;
  document.title = `${title} API`;
  byId("title").replaceChildren(title, element("small", {}, description.info.version));
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => [path, method, methods[method]]));
  const schemas = Object.entries(description.components?.schemas ?? {});
  const link = (id, ...children) => {
    const made = element("a", {}, ...children);
    made.hash = id;
    return made;
  };
  byId("contents").replaceChildren(
    ...operations.map(([path, method, operation]) => link(operation.operationId, verb(method), " ", path)), link("schemas", "Schemas"));
  const all = element("section", { id: "schemas" }, element("h2", {}, "Schemas"),
    ...schemas.map(([name, schema]) => folded(name, () => schemaView(schema, description, description))));
  byId("main").replaceChildren(...operations.map((each) => operationView(...each, description)), all);
}

async function load() {
  const response = await fetch(`${ROOT}/openapi.json`, { headers: authorization(), cache: "no-store", credentials: "omit" });
  if (response.status === 401 || response.status === 403) {
    needsCredential = true;
    byId("access").hidden = false;
    byId("access-state").textContent = credential ? "not taken" : "";
    byId("state").textContent = "This service asks for a key or token. It stays in this page and is forgotten with it.";
    return;
  }
  if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
  draw(await response.json());
  byId("access-state").textContent = credential ? "in use" : "";
}

function start() {
  load().catch((error) => { byId("main").replaceChildren(element("p", { role: "alert" }, String(error))); });
}

byId("access").addEventListener("submit", (event) => {
  event.preventDefault();
  credential = byId("credential").value.trim();
  start();
});
start();
