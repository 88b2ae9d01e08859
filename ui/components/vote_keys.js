// Keys that vote: they press a button of the bar that `find` gives, unless something is being typed.
// 1 to 4, A and B, and left and right are places; 0, T and down a tie; 9, X and up all bad.
const VOTE_KEYS = { 0: "tie", 9: "bad", t: "tie", x: "bad", a: "1", b: "2", ArrowDown: "tie", ArrowUp: "bad" };

function voteByKey(find) {
  document.addEventListener("keydown", (event) => {
    const bar = find();
    if (!bar || !root().offsetParent || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let choice = VOTE_KEYS[pressed] || (/^[1-4]$/.test(pressed) ? pressed : null);
    if (bar.dataset.vote === "2" && pressed === "ArrowLeft") choice = "1";
    if (bar.dataset.vote === "2" && pressed === "ArrowRight") choice = "2";
    const button = choice && bar.querySelector(`[data-choice="${choice}"], [data-key="${pressed}"]`);
    const named = bar.querySelector(`[data-key="${pressed}"]`);
    if (!button && !named) return;
    event.preventDefault();
    (named || button).click();
  });
}
