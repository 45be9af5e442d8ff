// @ts-check
/**
 * Questions about a run: the list of choices becomes buttons, and the answer is folded until the reader has answered.
 *
 * The page is complete without this: question and choices, and the answer in a fold. What a reader answered is kept on
 * their device, by the page and by the question, so that an edit of another question leaves it alone. The words are on
 * the tag that loads this, in the language of the page.
 *
 * @typedef {{ key: string, kind: string, answer: number[], rows: (number | null)[],
 *   whys: [number | null, number | null][] }} Question
 */

/** What the names of kept answers begin with. */
const KEPT = "sphinx-await-predictions:";
const PAGE = `${KEPT}${location.pathname.replace(/\.html$/, "").replace(/\/index$/, "/")}#`;

/** The class of the line that comes where the reader had another, and of its mark in the picture. */
const HERE = "await-here";

/** @type {Record<string, string>} */
const words = JSON.parse(document.querySelector("script[data-await-predict]")?.getAttribute("data-await-predict") ?? "{}");

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

/** @param {string} key @returns {number[]} the choices that the reader made the last time */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(PAGE + key) ?? "[]");
    return Array.isArray(kept) && kept.every(Number.isInteger) ? kept : [];
  } catch {
    return [];
  }
}

/** @param {string} key @param {number[]} picked nothing if it is empty */
function keep(key, picked) {
  try {
    if (picked.length) localStorage.setItem(PAGE + key, JSON.stringify(picked));
    else localStorage.removeItem(PAGE + key);
  } catch {
    // The browser lets this site keep nothing: then it holds as long as the page is open.
  }
}

class Prediction {
  /** The choices that the reader made, in order. @type {number[]} */ picked = [];
  isAnswered = false;
  status = make("div", "await-verdict");
  go = make("button", "await-check", say("check"));

  /** @param {HTMLElement} element */
  constructor(element) {
    /** @type {Question} */
    this.question = JSON.parse(element.dataset.awaitQuestion ?? "");
    this.answer = element.parentElement?.querySelector(":scope > .await-answer") ?? null;
    const list = /** @type {HTMLElement} */ (element.querySelector(".await-choices"));
    this.buttons = [...list.children].map((item, index) => {
      const button = make("button", "await-pick");
      button.type = "button";
      button.append(make("span", "await-place"), ...item.childNodes);
      button.addEventListener("click", () => this.pick(index));
      button.addEventListener("focus", () => this.stopAt(index));
      item.replaceChildren(button, make("span", "await-told"));
      return button;
    });
    list.addEventListener("keydown", (event) => this.move(event));
    this.stopAt(0);
    this.isOrder = this.question.kind === "order";
    this.go.type = "button";
    this.go.addEventListener("click", () => (this.isAnswered ? this.reset() : this.check()));
    this.status.setAttribute("role", "status");
    const bar = make("div", "await-decide");
    bar.append(this.go, this.status);
    element.append(bar);
    element.dataset.awaitButtons = "";
    this.restore();
  }

  /** Make one choice a stop of the Tab key, as arrow keys go from one to the next. @param {number} at */
  stopAt(at) {
    for (const [index, button] of this.buttons.entries()) {
      button.tabIndex = index === at ? 0 : -1;
      if (index === at) button.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown");
      else button.removeAttribute("aria-keyshortcuts");
    }
  }

  /** @param {KeyboardEvent} event */
  move(event) {
    const { key, target, altKey, ctrlKey, metaKey } = event;
    const step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
    const at = this.buttons.indexOf(/** @type {HTMLButtonElement} */ (target));
    if (!step || at < 0 || altKey || ctrlKey || metaKey) return;
    event.preventDefault();
    this.buttons.at((at + step) % this.buttons.length)?.focus();
  }

  restore() {
    const kept = read(this.question.key);
    const isPossible = new Set(kept).size === kept.length && kept.every((index) => index in this.buttons);
    this.picked = isPossible && (this.isOrder || kept.length === 1) ? kept : [];
    if (this.isComplete) this.judge();
    else this.show();
  }

  get isComplete() {
    const { answer } = this.question;
    const isWhole = this.isOrder && answer.length === this.buttons.length;
    return this.picked.length >= (isWhole ? answer.length : 1);
  }

  /** @param {number} index */
  pick(index) {
    if (this.picked.includes(index)) this.picked = this.picked.filter((one) => one !== index);
    else this.picked = this.isOrder ? [...this.picked, index] : [index];
    this.show();
  }

  check() {
    keep(this.question.key, this.picked);
    this.judge();
  }

  reset() {
    keep(this.question.key, []);
    this.picked = [];
    this.isAnswered = false;
    this.status.replaceChildren();
    for (const one of this.answer?.querySelectorAll(`.${HERE}`) ?? []) one.classList.remove(HERE);
    if (this.answer instanceof HTMLDetailsElement) this.answer.open = false;
    this.show();
    this.buttons[0]?.focus();
  }

  /** Show what is chosen. */
  show() {
    for (const [index, button] of this.buttons.entries()) {
      const place = this.picked.indexOf(index);
      button.disabled = this.isAnswered;
      button.setAttribute("aria-pressed", String(place >= 0));
      const [mark] = button.getElementsByClassName("await-place");
      if (mark) mark.textContent = place < 0 ? "" : this.isOrder ? String(place + 1) : "●";
      const note = button.nextElementSibling;
      if (note) note.textContent = this.isAnswered ? this.noteOf(index, place) : "";
      button.parentElement?.toggleAttribute("data-await-right", this.isAnswered && this.isRight(index, place));
      button.parentElement?.toggleAttribute("data-await-wrong", this.isAnswered && place >= 0 && !this.isRight(index, place));
    }
    this.go.textContent = say(this.isAnswered ? "again" : "check");
    this.go.disabled = !this.isAnswered && !this.isComplete;
  }

  /** @param {number} index @param {number} place */
  isRight(index, place) {
    return this.question.answer[place] === index;
  }

  /** What is said beside a choice. @param {number} index @param {number} place */
  noteOf(index, place) {
    const real = this.question.answer.indexOf(index);
    if (place >= 0 && place === real) return say("is_right");
    if (!this.isOrder) return real >= 0 ? say("is_answer") : place >= 0 ? say("is_wrong") : "";
    if (real >= 0) return say("is_place", { real: real + 1 });
    return place >= 0 ? say("is_extra") : "";
  }

  /** Say what is right, and open the answer. */
  judge() {
    this.isAnswered = true;
    this.show();
    const { answer, rows } = this.question;
    const wrong = answer.findIndex((index, place) => this.picked[place] !== index);
    const extra = this.picked.length > answer.length ? answer.length : -1;
    const first = wrong >= 0 ? wrong : extra;
    const verdict = make("p", "await-said", this.verdictOf(first));
    this.status.replaceChildren(verdict, ...(first < 0 ? [] : this.why()));
    this.status.toggleAttribute("data-await-right", first < 0);
    if (this.answer instanceof HTMLDetailsElement) this.answer.open = true;
    const row = rows[answer[first] ?? -1];
    if (row != null) this.light(row);
  }

  /** @param {number} first the first place that is wrong; below zero if none is */
  verdictOf(first) {
    if (first < 0) return say("right");
    if (!this.isOrder) return say("wrong");
    const chosen = this.picked[first];
    if (chosen === undefined) return say("wrong_missing");
    const real = this.question.answer.indexOf(chosen);
    const place = first + 1;
    return real < 0 ? say("wrong_extra", { place }) : say("wrong_order", { place, real: real + 1 });
  }

  /** What the author says of the mistake that was made: of a certain one, or of any. */
  why() {
    const { whys } = this.question;
    const made = whys.findIndex(([first, second]) => {
      const [one, other] = [first, second].map((index) => (index === null ? -1 : this.picked.indexOf(index)));
      return first !== null && one !== undefined && one >= 0 && (second === null || (other !== undefined && one < other));
    });
    const index = made >= 0 ? made : whys.findIndex(([first]) => first === null);
    const text = this.answer?.querySelectorAll(":scope > .await-why")[index];
    if (!text) return [];
    const copy = /** @type {Element} */ (text.cloneNode(true));
    copy.querySelector(".await-lead")?.remove();
    for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
    return [...copy.childNodes];
  }

  /** Point out the line of output that comes where the reader had another, and its mark in the picture. @param {number} row */
  light(row) {
    const line = this.answer?.querySelectorAll(".await-outputs .await-output")[row];
    const mark = line?.querySelector(".await-time a")?.getAttribute("href")?.slice(1);
    for (const one of [line, mark && document.getElementById(mark)]) if (one instanceof Element) one.classList.add(HERE);
  }
}

for (const element of document.querySelectorAll("[data-await-question]")) {
  if (element instanceof HTMLElement) new Prediction(element);
}

export {};
