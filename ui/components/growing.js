// Answers while they grow, written into the turn that `lanes.js` shows. Only what was added is put
// in: to set a long text anew ten times a second would keep the page busy with nothing else.
// value: {turn, lanes: [{text, line}] by place, or null for one that is not under way}
function put(into, text) {
  const said = into.firstChild;
  if (said?.nodeType === Node.TEXT_NODE && into.childNodes.length === 1 && text.startsWith(said.data)) {
    if (text.length > said.data.length) said.appendData(text.slice(said.data.length));
  } else into.textContent = text;
}

function draw() {
  const value = props.value || {};
  const turn = value.turn && document.querySelector(`#compare-talk .dt-now [data-turn="${value.turn}"]`);
  if (!turn) return;
  const view = turn.closest(".dt-talk-of-all");
  const atEnd = view.scrollHeight - view.scrollTop - view.clientHeight < 90;
  value.lanes.forEach((lane, at) => {
    const card = lane && turn.querySelector(`[data-place="${at + 1}"]`);
    const answer = card?.querySelector(".dt-answer"), line = card?.querySelector(".dt-figures-line");
    if (!answer) return;
    const low = answer.scrollHeight - answer.scrollTop - answer.clientHeight < 60;
    put(answer, lane.text);
    if (low) answer.scrollTop = answer.scrollHeight;
    if (line && line.textContent !== lane.line) line.textContent = lane.line;
  });
  if (atEnd) view.scrollTop = view.scrollHeight;
}

watch("value", draw);
