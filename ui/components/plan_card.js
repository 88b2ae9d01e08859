// An action that waits for a decision; for a training plan, a form. value: see ui/present/plan.py
let key = "";
let shown = null;
let timer = 0;
const touched = new Set();

function field(one) {
  const id = `${element.id || "plan"}-${one.name}-${Math.abs(hash(key))}`;
  const input = el("input", {
    id, name: one.name, type: one.kind === "text" ? "text" : "number", value: String(one.value ?? ""),
    min: one.min, max: one.max, step: one.kind === "integer" ? 1 : "any", placeholder: one.placeholder,
    list: one.options ? `${id}-options` : null, "aria-describedby": `${id}-why`, autocomplete: "off",
    spellcheck: "false",
  });
  const options = one.options
    ? el("datalist", { id: `${id}-options` }, one.options.map((option) => el("option", { value: option }))) : null;
  return el("div", { class: `dt-setting${one.wide ? " dt-wide" : ""}` },
    el("label", { for: id }, one.label), input, options,
    el("p", { id: `${id}-why`, class: "dt-why", "data-why": one.name }, one.why));
}

const hash = (text) => [...text].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7);

function build(value) {
  const main = value.settings.filter((one) => !one.more);
  const more = value.settings.filter((one) => one.more);
  root().replaceChildren(el("form", { "aria-label": value.title, novalidate: true },
    el("header", {}, el("h3", { "aria-level": 2 }, value.title), value.badge ? el("span", { class: "dt-badge dt-warn" }, value.badge) : null),
    el("div", { "data-part": "facts" }),
    main.length ? el("div", { class: "dt-settings" }, main.map(field)) : "",
    more.length ? el("details", {}, el("summary", {}, value.labels.more),
      el("div", { class: "dt-settings" }, more.map(field))) : "",
    el("div", { "data-part": "reasons" }),
    el("div", { "data-part": "after" }),
    el("div", { class: "dt-decline", hidden: true },
      el("label", { for: "plan-reason" }, value.labels.reason),
      el("textarea", { id: "plan-reason", rows: 2 }),
      el("button", { type: "button", class: "dt-button", "data-do": "decline" }, value.labels.send)),
    el("div", { class: "dt-actions" },
      el("button", { type: "submit", class: "dt-button dt-primary" }, value.labels.approve),
      value.labels.decline ? el("button", { type: "button", class: "dt-button", "data-do": "ask" }, value.labels.decline) : "")));
}

function patch(value) {
  const part = (name) => root().querySelector(`[data-part=${name}]`);
  part("facts").replaceChildren(el("dl", { class: "dt-facts" }, value.facts.map((one) =>
    el("div", {}, el("dt", {}, one.name),
      el("dd", {}, one.value, one.note ? el("span", { class: "dt-why" }, one.note) : null)))));
  for (const one of value.settings) {
    const input = root().querySelector(`input[name=${one.name}]`);
    const typing = input === document.activeElement && touched.has(one.name);
    if (input && !typing && !value.errors.length) input.value = String(one.value ?? "");
    if (input) input.disabled = Boolean(one.disabled);
    const why = root().querySelector(`[data-why=${one.name}]`);
    if (why) why.textContent = one.why;
  }
  part("reasons").replaceChildren(...value.reasons.map((one) =>
    el("p", { class: "dt-why" }, el("b", {}, `${one.names}: `), one.text)));
  part("after").replaceChildren(
    ...(value.errors.length ? [el("div", { class: "dt-trouble", role: "alert" }, value.errors.map((line) => el("p", {}, line)))] : []),
    ...value.warnings.map((line) => el("p", { class: "dt-warning" }, line)),
    el("div", { class: "dt-then" }, el("h4", { "aria-level": 3 }, value.labels.then),
      el("ul", {}, value.consequences.map((line) => el("li", {}, line)))));
  const submit = root().querySelector("button[type=submit]");
  submit.disabled = Boolean(value.errors.length);
  submit.textContent = value.labels.approve;
}

function draw() {
  const value = props.value;
  if (!value || !value.key) {
    key = "";
    touched.clear();
    root().replaceChildren(...(value?.empty ? [el("p", { class: "dt-quiet" }, value.empty)] : []));
    return;
  }
  const same = value.key === key;
  // The same plan from disk again must not undo what the person has changed in the card.
  if (same && !value.revised && touched.size) return;
  if (!same) {
    key = value.key;
    touched.clear();
    build(value);
  }
  shown = value;
  patch(value);
}

// Another model brings its own recommended settings, so only what the person touched stays.
function changes() {
  const inputs = [...root().querySelectorAll("form input[name]")];
  const model = inputs.find((input) => input.name === "base_model");
  const current = shown.settings.find((one) => one.name === "base_model");
  const otherModel = model && current && model.value !== String(current.value);
  const kept = inputs.filter((input) => !otherModel || touched.has(input.name));
  return Object.fromEntries(kept.filter((i) => i.value.trim() !== "").map((i) => [i.name, i.value.trim()]));
}

element.addEventListener("input", (event) => event.target.name && touched.add(event.target.name));
element.addEventListener("change", (event) => {
  if (!event.target.name) return;
  clearTimeout(timer);
  timer = setTimeout(() => trigger("revise", { changes: changes(), touched: [...touched] }), 150);
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  const submit = root().querySelector("button[type=submit]");
  if (submit.disabled) return;
  submit.disabled = true;
  submit.textContent = shown.labels.busy;
  trigger("approve", { changes: changes() });
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const ask = root().querySelector(".dt-decline");
  if (button.dataset.do === "ask") {
    ask.hidden = false;
    ask.querySelector("textarea").focus();
  } else if (button.dataset.do === "decline") {
    trigger("decline", { reason: ask.querySelector("textarea").value.trim() });
  }
});
watch("value", draw);
draw();
