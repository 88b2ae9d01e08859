// Answers while they grow, written into the turn that `lanes.js` shows, once a frame. Only what was
// added is put in, and a long answer stands in parts of whole lines, so that only its last part is
// laid out anew.
// value: {turn, lanes: [{text, line}] by place, or null for one that is not under way}
const PART = 2000; // characters
const said = new WeakMap(); // what an answer's element says
let due = false;

function put(into, text) {
  const before = said.get(into) || "";
  if (text === before) return;
  const goesOn = before && text.startsWith(before);
  if (!goesOn) into.textContent = "";
  said.set(into, text);
  let added = goesOn ? text.slice(before.length) : text;
  while (added) {
    let part = into.lastElementChild;
    const full = part && part.firstChild.length > PART && part.firstChild.data.endsWith("\n");
    if (!part || full) into.append(part = el("div", { class: "dt-part" }, ""));
    const room = PART - part.firstChild.length;
    const end = added.indexOf("\n", Math.max(0, room)) + 1 || added.length;
    part.firstChild.appendData(added.slice(0, end));
    added = added.slice(end);
  }
}

function draw() {
  due = false;
  const value = props.value || {};
  // Once it is over, `lanes.js` has written the whole turn with its marks.
  const turn = value.turn && document.querySelector(`#compare-talk .dt-now[aria-busy="true"] [data-turn="${value.turn}"]`);
  if (!turn) return;
  const view = turn.closest(".dt-talk-of-all");
  const cards = value.lanes.map((lane, at) => lane && turn.querySelector(`[data-place="${at + 1}"]`));
  const answers = cards.map((card) => card?.querySelector(".dt-answer"));
  // All is measured before anything is written: or each answer would be laid out by itself.
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 90;
  const low = answers.map((one) => one && one.scrollHeight - one.scrollTop - one.clientHeight < 60);
  value.lanes.forEach((lane, at) => {
    if (!answers[at]) return;
    put(answers[at], lane.text);
    const line = cards[at].querySelector(".dt-figures-line");
    if (line && line.textContent !== lane.line) line.textContent = lane.line;
  });
  answers.forEach((one, at) => { if (low[at]) one.scrollTop = one.scrollHeight; });
  if (atEnd) view.scrollTop = view.scrollHeight;
}

watch("value", () => {
  if (due) return;
  due = true;
  requestAnimationFrame(draw);
});
