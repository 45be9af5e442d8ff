// @ts-check
/**
 * A mark in a picture and its lines of output are highlighted together, whichever of them is pointed at,
 * focused or tapped. Without this script each still leads to the other: both are links.
 */

const LIT = "at-lit";

/**
 * The lines of output that lead to a mark.
 * @param {Element} mark
 * @returns {Element[]}
 */
function linesOf(mark) {
  const links = document.querySelectorAll(`.await-time a[href="#${CSS.escape(mark.id)}"]`);
  return [...links].map((link) => link.closest(".await-output")).filter((line) => line !== null);
}

/**
 * The mark of a line of output.
 * @param {Element} line
 * @returns {Element | null}
 */
function markOf(line) {
  const target = line.querySelector(".await-time a")?.getAttribute("href");
  return target ? document.getElementById(target.slice(1)) : null;
}

/**
 * All that belongs together with what an event happened to; nothing if that is neither a mark nor a line.
 * @param {EventTarget | null} target
 * @returns {Element[]}
 */
function together(target) {
  if (!(target instanceof Element)) return [];
  const line = target.closest(".await-output");
  const mark = line ? markOf(line) : target.closest(".at-out");
  if (!mark) return [];
  return [mark, ...(line ? [line] : linesOf(mark))];
}

/** @param {Event} event */
function light(event) {
  const chosen = together(event.target);
  for (const element of document.querySelectorAll(`.${LIT}`)) {
    if (!chosen.includes(element)) element.classList.remove(LIT);
  }
  for (const element of chosen) element.classList.add(LIT);
}

for (const figure of document.querySelectorAll(".await-run:has(.await-picture)")) {
  for (const kind of ["pointerover", "focusin", "click"]) figure.addEventListener(kind, light);
  figure.addEventListener("pointerleave", light);
}
