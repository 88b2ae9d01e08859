// A conversation with several models. The server writes the turns; `growing.js` writes into the newest
// one. A click on `data-do` tells the server, with the element's data and its form's fields.
// value: {session, fresh, past, now, busy: the newest turn is being answered}
const shown = { past: null, now: null };
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

function draw() {
  const value = props.value || {};
  const view = root();
  if (!value.session && !value.fresh && view.dataset.session) return; // the page just looked again
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_PX;
  const before = shown.now;
  const other = value.session !== view.dataset.session;
  view.dataset.session = value.session || "";
  write("past", value.past || "");
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

const KEYS = { 0: "tie", 9: "bad", ArrowDown: "tie", ArrowUp: "bad" };
function voted(event) {
  const bar = place("now").querySelector("[data-vote]");
  if (!bar || !root().offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const places = Number(bar.dataset.vote);
  let choice = KEYS[event.key] || (/^[1-4]$/.test(event.key) ? event.key : null);
  if (places === 2 && event.key === "ArrowLeft") choice = "1";
  if (places === 2 && event.key === "ArrowRight") choice = "2";
  const button = choice && bar.querySelector(`[data-choice="${choice}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
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
document.addEventListener("keydown", voted);
watch("value", draw);
draw();
setTimeout(comeBack, 50);
