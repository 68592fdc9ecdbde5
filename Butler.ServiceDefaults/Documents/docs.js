// Draws /openapi/v1.json. Everything goes in as text, never as markup.
const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

const resolve = (api, schema) => {
  const name = schema?.$ref?.split("/").pop();
  return name ? { ...api.components.schemas[name], name } : schema;
};

const kind = (api, schema, depth = 0) => {
  const s = resolve(api, schema) ?? {};
  if (s.properties && depth < 4) {
    return Object.fromEntries(Object.entries(s.properties).map(([k, v]) => [k, kind(api, v, depth + 1)]));
  }
  const type = [s.type].flat().filter((t) => t && t !== "null");
  if (type.includes("array")) return [kind(api, s.items, depth + 1)];
  return s.enum ? s.enum.join(" | ") : [type.join(" | "), s.format].filter(Boolean).join(", ") || s.name || "any";
};

const operation = (api, path, method, op) => {
  const body = make("div");
  body.className = "body";
  if (op.description) body.append(make("p", op.description));
  if (op.parameters?.length) {
    body.append(make("table", "", ...op.parameters.map((p) =>
      make("tr", "", make("td", "", make("code", p.name)), make("td", `${p.in}${p.required ? ", required" : ""}`), make("td", p.description ?? "")))));
  }
  const shape = (label, content) => {
    const schema = Object.values(content ?? {})[0]?.schema;
    body.append(make("p", label));
    if (schema) body.append(make("pre", JSON.stringify(kind(api, schema), null, 2)));
  };
  if (op.requestBody) shape("Body", op.requestBody.content);
  for (const [status, r] of Object.entries(op.responses ?? {})) shape(`${status} ${r.description ?? ""}`, r.content);
  return make("details", "", make("summary", "", make("b", method.toUpperCase()), make("code", path), make("span", op.summary ?? "")), body);
};

const main = document.getElementById("main");
try {
  const api = await (await fetch("/openapi/v1.json")).json();
  document.getElementById("title").textContent = api.info.title;
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, op] of Object.entries(item)) {
      const tag = op.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), operation(api, path, method, op)]);
    }
  }
  main.replaceChildren(...[...groups].flatMap(([tag, items]) => [make("h2", tag), ...items]));
} catch {
  main.replaceChildren(make("p", "The document could not be read. Reload to try again."));
}
main.removeAttribute("aria-busy");
