// @ts-check
/**
 * Draws a picture on a scale in which every step is as wide as the others. The player of steps loads it when it is needed.
 *
 * @typedef {[task: number, phase: string, line: number | null, isAfter: number, chain: string,
 *   file?: string, note?: string]} Change `file`: of the line, if it is not the program; no line of the page is marked
 *   for it then; `note`: why it waits
 * @typedef {[at: number, sentence: string, task: number | null, changes: Change[], rows: number[],
 *   place: number]} Moment `place`: in the picture, in percent
 * @typedef {{ crowded: boolean, tasks: [name: string, coro: string, lane: number | null][], moments: Moment[],
 *   words: Record<string, string> }} Steps
 * @typedef {{ steps: Steps, plot: Element, cursor: Element, middleOf: (lane: number | null) => number | null,
 *   placeOf: (step: number) => string, phases: Record<string, string[]>,
 *   fill: (words: string, values: Record<string, string | number>) => string }} Scale
 *   `cursor`: what is drawn before it is behind it; `phases`: the sign of each
 */

const SVG = "http://www.w3.org/2000/svg";
/** What is drawn of a phase on the scale of steps: the lines of the picture itself. @type {Record<string, string>} */
const LINES = { n: "at-life", w: "at-wait", s: "at-wait", q: "at-ready" };
/** Pixels of a character in a label, and numbers on the scale of steps. */
const CHARACTER = 6.5;
const MOST_NUMBERS = 10;

/**
 * @param {Element} parent @param {string} kind @param {string} classes @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function draw(parent, kind, classes, attributes, text = "") {
  const drawn = document.createElementNS(SVG, kind);
  if (classes) drawn.setAttribute("class", classes);
  for (const [key, value] of Object.entries(attributes)) drawn.setAttribute(key, String(value));
  drawn.textContent = text;
  parent.append(drawn);
  return drawn;
}

/** The phases of a task, one after another. @param {Moment[]} moments @param {number} task */
function phasesOf(moments, task) {
  /** @type {{ from: number, to: number, change: Change }[]} */
  const phases = [];
  moments.forEach(([, , , changes], index) => {
    const change = changes.filter(([one]) => one === task).at(-1);
    const before = phases.at(-1);
    if (before) before.to = index;
    if (!change) return;
    if (before?.change[1] === change[1] && change[1] === "r") before.change = change;
    else phases.push({ from: index, to: index, change });
  });
  const end = phases.at(-1);
  if (end) end.to = moments.length;
  return phases;
}

/** @param {Scale} scale */
export function drawSteps({ steps: { moments, tasks, words }, plot, cursor, middleOf, placeOf, phases, fill }) {
  const drawing = draw(plot, "g", "at-steps", { "aria-hidden": "true", "pointer-events": "none" });
  cursor.before(drawing);
  const width = plot.getBoundingClientRect().width / moments.length;
  const every = Math.ceil(moments.length / MOST_NUMBERS);
  for (let step = 0; step < moments.length; step += every) {
    draw(drawing, "text", "at-tick", { x: placeOf(step + 0.5), y: 13, "text-anchor": "middle" }, String(step + 1));
  }
  tasks.forEach(([, , lane], task) => {
    const y = middleOf(lane);
    if (y === null) return;
    for (const { from, to, change: [, phase, line, , chain] } of phasesOf(moments, task)) {
      const x = placeOf(from);
      if (LINES[phase]) draw(drawing, "line", LINES[phase], { x1: x, x2: placeOf(to), y1: y, y2: y });
      else if (phase === "r") draw(drawing, "rect", "at-run", { x, y: y - 7, width: placeOf(to - from), height: 14 });
      else draw(drawing, "text", "at-name", { x, y: y + 4, dx: 3 }, phases[phase][0]);
      const texts = [chain.split(" → ").at(-1) ?? "", line ? fill(words.line, { line }) : ""];
      const label = "ws".includes(phase) ? texts.find((text) => text.length * CHARACTER < width * (to - from)) : "";
      if (label) draw(drawing, "text", "at-label", { x, y: y - 8, dx: 3 }, label);
    }
  });
  for (const [step, [, , task, , printed]] of moments.entries()) {
    const y = task === null || !printed.length ? null : middleOf(tasks[task][2]);
    if (y !== null) draw(drawing, "circle", "at-dot", { cx: placeOf(step + 0.5), cy: y + 18, r: 4 });
  }
}
