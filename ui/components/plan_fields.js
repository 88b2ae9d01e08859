// The fields of a plan's form: one for each setting, of the kind that the server names.
const hash = (text) => [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7);

function options(one) {
  const known = one.options.some((option) => option.value === String(one.value ?? ""));
  const all = known ? one.options : [...one.options, { value: one.value, label: one.value }];
  return all.map((option) => el("option", { value: option.value }, option.label));
}

function several(one, id) {
  return el("div", { class: "dt-several", role: "group", "aria-labelledby": `${id}-label`, "data-control": one.name },
    one.options.map((option) => el("label", {},
      el("input", { type: "checkbox", value: option.value, name: one.name }), el("span", {}, option.label))));
}

function control(one, id) {
  const shared = { id, name: one.name, "data-control": one.name, "aria-describedby": `${id}-why` };
  if (one.kind === "choice") return el("select", shared, options(one));
  if (one.kind === "switch") return el("input", { ...shared, type: "checkbox", role: "switch" });
  if (one.kind === "several") return several(one, id);
  return el("input", {
    ...shared, type: one.kind === "text" ? "text" : "number", min: one.min, max: one.max,
    step: one.kind === "integer" ? 1 : "any", placeholder: one.placeholder,
    list: one.suggestions ? `${id}-suggestions` : null, autocomplete: "off", spellcheck: "false",
  });
}

function field(one, key) {
  const id = `${element.id || "plan"}-${one.name}-${Math.abs(hash(key))}`;
  const suggestions = one.suggestions
    ? el("datalist", { id: `${id}-suggestions` }, one.suggestions.map((name) => el("option", { value: name }))) : null;
  const label = one.kind === "several" ? el("span", { id: `${id}-label`, class: "dt-label" }, one.label)
    : el("label", { for: id }, one.label);
  const node = el("div", { class: `dt-setting dt-kind-${one.kind}${one.wide ? " dt-wide" : ""}`, "data-setting": one.name },
    label, control(one, id), suggestions,
    el("p", { id: `${id}-why`, class: "dt-why", "data-why": one.name }, one.why));
  writeField(node, one);
  return node;
}

function readField(node) {
  const found = node.querySelector("[data-control]");
  if (found.tagName === "DIV") return [...found.querySelectorAll("input:checked")].map((box) => box.value).join(",");
  return found.type === "checkbox" ? String(found.checked) : found.value.trim();
}

function setField(node, value) {
  const found = node.querySelector("[data-control]");
  if (found.tagName === "DIV") {
    const chosen = Array.isArray(value) ? value : String(value ?? "").split(",");
    found.querySelectorAll("input").forEach((box) => { box.checked = chosen.includes(box.value); });
  } else if (found.type === "checkbox") {
    found.checked = String(value) === "true";
  } else {
    found.value = String(value ?? "");
  }
}

// Everything but the value of a field that is being typed in.
function writeField(node, one, keepValue) {
  const found = node.querySelector("[data-control]");
  if (!keepValue) setField(node, one.value);
  node.hidden = Boolean(one.hidden);
  if (found.tagName !== "DIV") found.disabled = Boolean(one.disabled);
  node.querySelector("[data-why]").textContent = one.why;
}
