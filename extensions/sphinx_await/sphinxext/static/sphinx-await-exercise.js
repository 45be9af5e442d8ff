// @ts-check
/**
 * Exercises: hints open one by one, the solution stays back until a try, and what is solved is remembered. Where a page
 * lists exercises, this loads what fills the list.
 *
 * The page is complete without this: all hints and the solution are folds. What was tried and solved is kept on the
 * reader's device, by the page and by the name of the exercise, and sent nowhere. Which program solves an exercise says
 * the event `await-judged` of its figure. The words are on the tag that loads this, in the language of the page.
 *
 * @typedef {"" | "tried" | "solved"} State
 */

/** What the names of kept states begin with. */
const KEPT = "sphinx-await-exercises:";
/** Of a hint that has to wait for the one before it, and of a solution that has to wait for a try. */
const BACK = "data-await-back";

/** @type {Record<string, string>} */
const words = JSON.parse(document.querySelector("script[data-await-exercises]")?.getAttribute("data-await-exercises") ?? "{}");

/** @param {string} word @param {Record<string, number>} [values] */
const say = (word, values = {}) =>
  (words[word] ?? word).replace(/\{(\w+)\}/g, (field, name) => String(values[name] ?? field));

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind @param {string} classes @param {string} [text]
 */
function make(kind, classes, text = "") {
  const made = document.createElement(kind);
  made.className = classes;
  made.textContent = text;
  return made;
}

/** @param {string} text @param {() => void} press */
function button(text, press) {
  const made = make("button", "await-quiet", text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** The name under which a state is kept. @param {string} path of a page @param {string} name of an exercise */
const keyOf = (path, name) => `${KEPT}${path.replace(/\.html$/, "").replace(/\/index$/, "/")}#${name}`;

/** @param {string} key @returns {State} */
function read(key) {
  try {
    const kept = localStorage.getItem(key);
    return kept === "tried" || kept === "solved" ? kept : "";
  } catch {
    return "";
  }
}

/** @param {string} key @param {State} state */
function keep(key, state) {
  try {
    localStorage.setItem(key, state);
  } catch {
    // The browser lets this site keep nothing: then it holds as long as the page is open.
  }
}

class Exercise {
  /** How many hints were opened: the next one may be seen. */ opened = 0;
  sign = make("span", "await-solved");

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.key = keyOf(location.pathname, element.dataset.awaitExercise ?? "");
    this.state = read(this.key);
    /** @type {HTMLDetailsElement[]} */
    const folds = [...element.querySelectorAll("details[data-await-part]")].flatMap((fold) =>
      fold instanceof HTMLDetailsElement && fold.closest(".await-exercise") === element ? [fold] : []);
    this.hints = folds.filter((fold) => fold.dataset.awaitPart === "hint");
    this.solution = folds.find((fold) => fold.dataset.awaitPart === "solution") ?? null;
    this.hints.forEach((hint, index) => {
      hint.addEventListener("toggle", () => {
        if (hint.open) this.opened = Math.max(this.opened, index + 1);
        this.show();
      });
    });
    const title = element.querySelector(":scope > .await-title");
    if (title) title.append(this.sign);
    else element.prepend(this.sign);
    // Where nothing can be run, nothing can be tried.
    const program = element.querySelector(".await-run await-live > script")?.textContent;
    const canTry = Boolean(program) && !JSON.parse(program ?? "").only;
    this.ask = this.solution && canTry ? button(say("ask"), () => this.give()) : null;
    if (this.ask) this.solution?.before(this.ask);
    element.addEventListener("await-judged", (event) => this.judge(/** @type {CustomEvent} */ (event).detail));
    this.show();
  }

  /** @param {{ isSolved: boolean, isTried: boolean }} detail */
  judge({ isSolved, isTried }) {
    if (this.state === "solved" || (!isSolved && !isTried)) return;
    this.state = isSolved ? "solved" : "tried";
    keep(this.key, this.state);
    this.show();
    count();
  }

  /** Take what is kept, which another window may have changed. */
  refresh() {
    this.state = read(this.key);
    this.show();
  }

  /** Show the solution on request. */
  give() {
    this.ask?.remove();
    this.ask = null;
    if (this.solution) this.solution.open = true;
    this.show();
    this.solution?.querySelector("summary")?.focus();
  }

  /** Show what a link leads to, if a fold of this exercise has it. @param {Element} target */
  reveal(target) {
    const fold = [...this.hints, this.solution].find((one) => one?.contains(target));
    if (!fold) return;
    if (fold === this.solution) this.give();
    this.opened = Math.max(this.opened, this.hints.indexOf(fold));
    fold.open = true;
    this.show();
    target.scrollIntoView();
  }

  /** Put something before the exercise. @param {Element} element */
  place(element) {
    this.element.before(element);
  }

  show() {
    this.sign.textContent = this.state === "solved" ? say("solved") : "";
    for (const [index, hint] of this.hints.entries()) hint.toggleAttribute(BACK, index > this.opened);
    if (this.ask) this.ask.hidden = this.state !== "";
    this.solution?.toggleAttribute(BACK, this.ask !== null && this.state === "");
  }
}

const exercises = [...document.querySelectorAll("[data-await-exercise]")].flatMap((element) =>
  element instanceof HTMLElement ? [new Exercise(element)] : []);

/** How many exercises of this page are solved, above the first one. */
const here = make("p", "await-here-solved");
exercises[0]?.place(here);

/** Say how much is solved of what lists name. */
let recount = () => {};

/** Say how much is solved. */
function count() {
  const solved = exercises.filter(({ state }) => state === "solved").length;
  here.textContent = solved ? say("count", { solved, all: exercises.length }) : "";
  recount();
}

function refresh() {
  for (const exercise of exercises) exercise.refresh();
  count();
}

/** Show what the address leads to: a browser does not go to what is kept back. */
function reveal() {
  let name = location.hash.slice(1);
  try {
    name = decodeURIComponent(name);
  } catch {
    // A sign of percent that escapes nothing.
  }
  const target = document.getElementById(name);
  if (target) for (const exercise of exercises) exercise.reveal(target);
}

/** What a page with lists of exercises loads. */
const lists = document.querySelector("li [data-await-exercises]") && words.list;
if (lists) {
  import(new URL(lists, import.meta.url).href).then(({ fill }) => {
    recount = fill({ KEPT, say, make, button, keyOf, read, refresh });
  }).catch(() => {}); // the list still leads to its pages
}
addEventListener("storage", ({ key }) => { if (key === null || key.startsWith(KEPT)) refresh(); });
// After a step back the page is as it was left: what was solved since then is missing.
addEventListener("pageshow", ({ persisted }) => { if (persisted) refresh(); });
addEventListener("hashchange", reveal);
count();
reveal();

export {};
