// HTML that the server wrote. Whatever in it carries `data-do` says what a click on it asks for:
// "act" tells it with the element's own data and the fields of the `data-form` around it.
// value: {html, file: {id, url, name} to be saved by the browser}
let written = "";
const acted = new Set();

const ticks = (field) => field.type === "checkbox" || field.type === "radio";

// What keeps an element apart from its like: whose card it is in, which form, and its own words.
const whose = (node, own) => [node.closest("[data-key]")?.dataset.key, node.closest("[data-form]")?.dataset.form, own].join("|");
const isKept = (node) => Boolean(node.closest("[data-key]"));
const boxes = () => [...root().querySelectorAll("input[type=checkbox], input[type=radio]")].map((box) => [whose(box, `${box.name}=${box.value}`), box]);
const unfolding = () => [...root().querySelectorAll("details")].map((fold) => [whose(fold, fold.dataset.fold || fold.firstElementChild?.textContent), fold]);
const typed = () => [...root().querySelectorAll("[data-form] input, [data-form] select, [data-form] textarea")]
  .filter((field) => !ticks(field) && isKept(field)).map((field) => [whose(field, field.name), field]);
const preset = (field) => field.tagName === "SELECT" ? [...field.options].find((one) => one.defaultSelected)?.value ?? field.options[0]?.value : field.defaultValue;

// Boxes of one name that are ticked give their values with commas between them.
function fields(form) {
  const found = {};
  for (const field of form ? form.querySelectorAll("[name]") : []) {
    if (ticks(field) && !field.checked) continue;
    found[field.name] = field.type === "checkbox" && found[field.name] ? `${found[field.name]},${field.value}` : field.value;
  }
  return found;
}

function showRow() {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const row = document.querySelector("#data-browser");
  row?.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

// What is being typed is not taken away by the clock; the new HTML comes once the field is left.
function typing() {
  const field = document.activeElement;
  return root().contains(field) && field.matches("input, textarea") && field.value !== field.defaultValue;
}

function draw() {
  const html = (props.value || {}).html || "";
  if (props.value?.file) fetchFile(props.value.file);
  if (html === written || typing()) return;
  written = html;
  // what a person ticked and unfolded since stays where it is still there; what was typed, in the
  // same card only (data-key), or it would wander into another one's form
  const ticked = new Map(boxes().filter(([, box]) => box.checked !== box.defaultChecked && (box.checked || isKept(box))).map(([key, box]) => [key, box.checked]));
  const open = new Set(unfolding().filter(([, fold]) => fold.open).map(([key]) => key));
  const entered = new Map(typed().filter(([, field]) => field.value !== preset(field)).map(([key, field]) => [key, field.value]));
  root().innerHTML = html;
  for (const [key, box] of boxes()) if (ticked.has(key) && !box.disabled) box.checked = ticked.get(key);
  for (const [key, fold] of unfolding()) fold.open ||= open.has(key);
  for (const [key, field] of typed()) if (entered.has(key) && !acted.has(key)) field.value = entered.get(key);
  acted.clear();
}

element.addEventListener("focusout", () => setTimeout(draw, 400));
element.addEventListener("keydown", (event) => {
  const form = event.target.closest("[data-form]");
  if (event.key !== "Enter" || !form || event.target.tagName !== "INPUT") return;
  event.preventDefault();
  form.querySelector(".dt-primary[data-do], [data-do]")?.click();
  event.target.blur();
});
element.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-do], [data-decide]");
  if (!asked || asked.disabled) return;
  event.preventDefault();
  const job = asked.closest("[data-job]")?.dataset.job;
  const values = fields(asked.closest("[data-form]"));
  const fold = asked.closest(".dt-fold");
  if (fold && !("stays" in fold.dataset)) fold.open = false; // it has said what it had to
  const form = asked.closest("[data-form]"); // what was typed was used: it does not come back
  typed().filter(([, field]) => form?.contains(field)).forEach(([key]) => acted.add(key));
  trigger("act", { do: "decide", job, ...asked.dataset, values });
  if (asked.dataset.do === "row") showRow();
});
watch("value", draw);
draw();
