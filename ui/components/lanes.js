// A conversation with several models. The server writes the turns; `growing.js` writes into the newest
// one. A click on `data-do` tells the server, with the element's data and its form's fields.
// value: {session, fresh, past: [HTML of each], now, busy: the newest turn is being answered}
const shown = { now: null };
const written = new WeakMap(); // what each part of the past was written from
const NEAR_PX = 90;

function place(name) {
  let found = root().querySelector(`:scope > .dt-${name}`);
  if (!found) {
    found = el("div", { class: `dt-${name}` });
    root().append(found);
  }
  return found;
}

function write(name, html) {
  if (shown[name] === html) return;
  shown[name] = html;
  const into = place(name);
  const open = [...into.querySelectorAll("details[open]")].map((one) => one.dataset.fold);
  into.innerHTML = html;
  into.querySelectorAll("details[data-fold]").forEach((one) => { one.open ||= open.includes(one.dataset.fold); });
}

// What is past stays as it stands: only what came or went is written.
function keep(parts) {
  const into = place("past");
  const had = new Map([...into.children].map((node) => [written.get(node), node]));
  let at = into.firstElementChild;
  for (const html of parts) {
    let node = had.get(html);
    if (!node) {
      const template = el("template", {});
      template.innerHTML = html;
      node = template.content.firstElementChild;
      written.set(node, html);
    }
    if (node === at) at = at.nextElementSibling;
    else into.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextElementSibling;
    at.remove();
    at = next;
  }
}

function draw() {
  const value = props.value || {};
  const view = root();
  if (!value.session && !value.fresh && view.dataset.session) return; // the page just looked again
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_PX;
  const before = shown.now;
  const other = value.session !== view.dataset.session;
  view.dataset.session = value.session || "";
  keep(value.past || []);
  write("now", value.now || "");
  place("now").setAttribute("aria-busy", value.busy ? "true" : "false");
  if (atEnd || other) view.scrollTop = view.scrollHeight;
  remember(value);
  if (before !== shown.now) awaitVote();
}

// A reload of the page comes back to the conversation that it showed.
function remember(value) {
  try {
    if (value.session) sessionStorage.setItem("duotune-comparison", value.session);
    else if (value.fresh) sessionStorage.removeItem("duotune-comparison");
  } catch { /* storage may be forbidden */ }
}

function comeBack() {
  try {
    const session = sessionStorage.getItem("duotune-comparison");
    if (session) trigger("act", { do: "open", session, back: true });
  } catch { /* storage may be forbidden */ }
}

// Once there is something to vote on, the keys are for that and no longer for the empty box.
function awaitVote() {
  const bar = place("now").querySelector("[data-vote]");
  const at = document.activeElement;
  const asked = at?.closest("#compare-question, #compare-send") && !at.value;
  const idle = at === document.body || asked;
  if (bar && idle && root().offsetParent) bar.focus({ preventScroll: true });
}

function fields(form) {
  const found = {};
  for (const field of form ? form.querySelectorAll("[name]") : []) found[field.name] = field.value;
  return found;
}

element.addEventListener("click", (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) {
    const text = copied.closest("[data-place]").querySelector(".dt-answer").innerText;
    navigator.clipboard?.writeText(text).then(() => {
      copied.textContent = copied.dataset.copied;
      setTimeout(() => { copied.textContent = copied.dataset.copy; }, 1500);
    });
    return;
  }
  if (event.target.closest("[data-marks]")) {
    root().classList.toggle("dt-unmarked");
    return;
  }
  const asked = event.target.closest("[data-do]");
  if (!asked || asked.disabled) return;
  event.preventDefault();
  if (asked.dataset.do === "vote") asked.closest("[data-vote]").querySelectorAll("button").forEach((one) => { one.disabled = true; });
  const fold = asked.closest("details");
  const card = asked.closest("[data-place]");
  trigger("act", { turn: asked.closest("[data-turn]")?.dataset.turn, place: card?.dataset.place, ...asked.dataset, values: fields(asked.closest("[data-form]")) });
  if (fold) fold.open = false;
});
voteByKey(() => place("now").querySelector("[data-vote]"));
watch("value", draw);
draw();
setTimeout(comeBack, 50);
