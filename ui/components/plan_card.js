// An action that waits for a decision; for a training plan, a form. value: see ui/present/plan.py
let key = "";
let shown = null;
let timer = 0;
let asked = 0; // changes in the card so far: an answer to an earlier one must not undo a later one
let busy = false;
let answered;
const PAUSE_MS = 4000, PATIENCE_MS = 30000; // after these, a button that got no answer can be pressed again
const touched = new Set();
const LEADS = ["base_model", "method", "objective"]; // others are recommended by these

const part = (name) => root().querySelector(`[data-part=${name}]`);
const fieldsOf = () => [...root().querySelectorAll("form [data-setting]")];

function build(value) {
  const main = value.settings.filter((one) => !one.group);
  const advanced = value.groups.map((group) => [group, value.settings.filter((one) => one.group === group.name)]);
  root().replaceChildren(el("form", { "aria-label": value.title, novalidate: true },
    el("header", {}, el("h3", { "aria-level": 2 }, value.title), value.badge ? el("span", { class: "dt-badge dt-warn" }, value.badge) : null),
    el("div", { "data-part": "facts" }),
    main.length ? el("div", { class: "dt-settings" }, main.map((one) => field(one, value.key))) : "",
    advanced.length ? el("details", { class: "dt-advanced" }, el("summary", {}, value.labels.more),
      advanced.map(([group, listed]) => el("fieldset", { "data-group": group.name }, el("legend", {}, group.title),
        el("div", { class: "dt-settings" }, listed.map((one) => field(one, value.key)))))) : "",
    el("div", { "data-part": "reasons" }),
    el("div", { "data-part": "room" }),
    el("div", { "data-part": "licence" }),
    el("div", { "data-part": "after" }),
    el("div", { class: "dt-decline", hidden: true },
      el("label", { for: "plan-reason" }, value.labels.reason),
      el("textarea", { id: "plan-reason", rows: 2 }),
      el("button", { type: "button", class: "dt-button", "data-do": "decline" }, value.labels.send)),
    el("div", { class: "dt-actions" },
      el("button", { type: "submit", class: "dt-button dt-primary" }, value.labels.approve),
      value.labels.decline ? el("button", { type: "button", class: "dt-button", "data-do": "ask" }, value.labels.decline) : "")),
    el("div", { class: "dt-plan-tools", "data-part": "tools" }));
}

// Server-written HTML, replaced only when it differs: what is open or typed in it stays.
function put(name, html) {
  const place = part(name);
  if (!place || place.dataset.html === String(hash(html || ""))) return;
  const open = [...place.querySelectorAll("details")].map((one) => one.open);
  place.innerHTML = html || "";
  place.querySelectorAll("details").forEach((one, n) => { one.open = Boolean(open[n]); });
  place.dataset.html = String(hash(html || ""));
}

function licence(value) {
  const place = part("licence");
  const ask = value.licence;
  if (place.dataset.for === (ask ? ask.title : "")) return;
  place.dataset.for = ask ? ask.title : "";
  place.replaceChildren(...(ask ? [el("div", { class: "dt-licence" },
    el("p", {}, el("b", {}, ask.title), " ", ask.text, " ",
      ask.url ? el("a", { href: ask.url, target: "_blank", rel: "noopener" }, ask.link) : ""),
    el("label", {}, el("input", { type: "checkbox", name: "licence_accepted", value: ask.name, checked: ask.accepted }),
      el("span", {}, ask.accept)))] : []));
}

const licenceBox = () => root().querySelector("input[name=licence_accepted]");

// Start waits until what is wrong is mended and the licence is accepted.
function gate() {
  const submit = root().querySelector("button[type=submit]");
  const box = licenceBox();
  const refused = Boolean(box && !box.checked);
  submit.disabled = Boolean(shown.errors.length) || refused || busy;
  submit.title = refused ? shown.licence.first : "";
  submit.textContent = busy ? shown.labels.busy : shown.labels.approve;
}

function patch(value) {
  part("facts").replaceChildren(el("dl", { class: "dt-facts" }, value.facts.map((one) =>
    el("div", {}, el("dt", {}, one.name),
      el("dd", {}, one.value, one.note ? el("span", { class: "dt-why" }, one.note) : null)))));
  for (const one of value.settings) {
    const node = root().querySelector(`form [data-setting=${one.name}]`);
    const typing = node.contains(document.activeElement) && touched.has(one.name);
    writeField(node, one, typing || value.errors.length);
  }
  for (const group of root().querySelectorAll("fieldset[data-group]")) {
    group.hidden = [...group.querySelectorAll("[data-setting]")].every((node) => node.hidden);
  }
  part("reasons").replaceChildren(...value.reasons.map((one) =>
    el("p", { class: "dt-why" }, el("b", {}, `${one.names}: `), one.text)));
  part("after").replaceChildren(
    ...(value.errors.length ? [el("div", { class: "dt-trouble", role: "alert" }, value.errors.map((line) => el("p", {}, line)))] : []),
    ...value.warnings.map((line) => el("p", { class: "dt-warning" }, line)),
    el("div", { class: "dt-then" }, el("h4", { "aria-level": 3 }, value.labels.then),
      el("ul", {}, value.consequences.map((line) => el("li", {}, line)))));
  licence(value);
  live(value);
}

// What changes without the person: memory, a measurement, a comparison that was asked for.
function live(value) {
  put("room", value.room);
  put("tools", value.tools);
  put("difference", value.difference);
  if (value.file) fetchFile(value.file);
  gate();
}

// What was asked for may lie elsewhere on a long page.
function goTo(id) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  setTimeout(() => document.getElementById(id)?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" }), 50);
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
  if (!same || value.answered !== answered) {
    busy = false;
    if (value.goto) goTo(value.goto);
  }
  answered = value.answered;
  // The same plan from disk again must not undo what the person has changed in the card, nor may
  // the answer to a change that another one has followed.
  const late = value.revised && value.serial !== null && value.serial !== undefined && value.serial < asked;
  if (same && (late || (!value.revised && touched.size))) {
    if (!late) live(value);
    return;
  }
  if (!same) {
    key = value.key;
    touched.clear();
    build(value);
  }
  shown = value;
  patch(value);
}

// Another model or method brings its own recommended settings, so only what was touched stays.
function changes() {
  const nodes = fieldsOf().filter((node) => !node.hidden);
  const current = (name) => shown.settings.find((one) => one.name === name);
  const led = nodes.some((node) => LEADS.includes(node.dataset.setting)
    && readField(node) !== String(current(node.dataset.setting).value));
  const kept = nodes.filter((node) => !led || touched.has(node.dataset.setting) || LEADS.includes(node.dataset.setting));
  const found = Object.fromEntries(kept.map((node) => [node.dataset.setting, readField(node)]).filter((pair) => pair[1] !== ""));
  const box = licenceBox();
  if (box?.checked) found.licence_accepted = box.value;
  return found;
}

function revise() {
  clearTimeout(timer);
  asked += 1;
  timer = setTimeout(() => trigger("revise", { changes: changes(), touched: [...touched], serial: asked }), 150);
}

// Values that would make the plan fit, put in as if the person had typed them.
function apply(values) {
  for (const [name, value] of Object.entries(values)) {
    const node = root().querySelector(`form [data-setting=${name}]`);
    if (!node) continue;
    setField(node, value);
    touched.add(name);
  }
  revise();
}

const isSetting = (target) => target.closest?.("form [data-setting]");

element.addEventListener("input", (event) => {
  const node = isSetting(event.target);
  if (node) touched.add(node.dataset.setting);
});
element.addEventListener("change", (event) => {
  if (event.target === licenceBox()) touched.add("licence_accepted");
  else if (!isSetting(event.target)) return;
  gate();
  revise();
});
element.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  if (root().querySelector("button[type=submit]").disabled) return;
  busy = true;
  gate();
  setTimeout(() => { busy = false; if (shown) gate(); }, PATIENCE_MS);
  trigger("approve", { changes: changes(), touched: [...touched], serial: asked });
});
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do], button[data-apply]");
  if (!button) return;
  if (button.dataset.apply) return apply(JSON.parse(button.dataset.apply));
  const ask = root().querySelector(".dt-decline");
  if (button.dataset.do === "ask") {
    ask.hidden = false;
    ask.querySelector("textarea").focus();
  } else if (button.dataset.do === "decline") {
    trigger("decline", { reason: ask.querySelector("textarea").value.trim() });
  } else {
    const form = button.closest("[data-form]");
    const values = Object.fromEntries([...(form?.querySelectorAll("[name]") || [])].map((one) => [one.name, one.value]));
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, PAUSE_MS);
    trigger("act", { ...button.dataset, values, changes: changes(), touched: [...touched], serial: asked });
  }
});
watch("value", draw);
draw();
