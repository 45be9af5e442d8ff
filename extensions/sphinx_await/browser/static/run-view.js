// @ts-check
/**
 * Keeps a reader and the result of a run together: the status beside the Run button while the result is out of sight,
 * the first output brought into view, and a way back; code and result side by side where there is room; a field for what
 * `input()` reads; and what messages of Python mean.
 *
 * @typedef {import("./element.js").Page} Page
 * @typedef {import("./workbench.js").Host} Host
 * @typedef {import("./workbench.js").Recording} Recording
 * @typedef {import("./workbench.js").Workbench} Workbench
 * @typedef {import("./workbench.js").Runtime} Runtime
 * @typedef {import("./output-log.js").Line} Line
 */

const STYLE = "run-view.css";
/** The height of what themes keep at the top of a window, in CSS pixels; and how much of the output has to be seen. */
const [HEADER, FIRST_LINES] = [64, 72];
/** Where the status comes to be, as a part of the window's height: some code stays above it. */
const PLACE = 0.4;
/** CSS pixels by which a page moves without its reader. */
const STILL = 4;
/** CSS pixels: the window from which there may be room, the least and the most room for both, and the page's margin. */
const [WIDE, LEAST, MOST, MARGIN] = [1200, 880, 1400, 24];
/** Milliseconds for which a file is kept that the browser saves. */
const KEPT = 10_000;
/** What a figure stands in that may be wider than its text. */
const FLOW = "section, article, main, .body, .section";

/** @type {Promise<unknown> | null} */
let style = null;

/** Load the style of all this, once for a page. @param {Page} page */
export function loadStyle(page) {
  style ??= page.load(STYLE, (url) => {
    const link = page.make("link", "", { rel: "stylesheet", href: url });
    return new Promise((resolve, reject) => {
      link.addEventListener("load", () => resolve(link));
      link.addEventListener("error", () => reject(new Error(STYLE)));
      document.head.append(link);
    });
  });
  style.catch(() => { style = null; });
  return style;
}

export class RunView {
  /** Where the page was when the reader pressed; null: the first output has come. @type {number | null} */ pressedAt = null;
  isBarSeen = false;
  isHeadSeen = true;

  /** @param {Page} page @param {Host} host */
  constructor(page, host) {
    this.host = host;
    this.page = page;
    this.jump = page.button("await-jump", "", () => this.toResult());
    this.back = page.button("await-back", page.say("to_code"), () => this.toCode());
    this.jump.hidden = this.back.hidden = true;
    host.editButton.after(this.jump);
    host.bar.append(this.back);
    this.head = /** @type {HTMLElement} */ (host.runButton.parentElement);
    const seen = new IntersectionObserver((entries) => this.see(entries), { rootMargin: `-${HEADER}px 0px 0px` });
    seen.observe(host.bar);
    seen.observe(this.head);
    new MutationObserver(() => this.refresh()).observe(host.status, { childList: true, characterData: true, subtree: true });
    const changes = new MutationObserver(() => this.fit());
    changes.observe(host.figure, { attributes: true, attributeFilter: ["data-await-shown"] });
    new ResizeObserver(() => this.fit()).observe(document.documentElement);
    this.refresh();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  see(entries) {
    for (const { target, isIntersecting } of entries) {
      if (target === this.head) this.isHeadSeen = isIntersecting;
      else this.isBarSeen = isIntersecting;
    }
    this.refresh();
  }

  refresh() {
    const { jump, back, host, page } = this;
    const text = host.status.textContent ?? "";
    jump.hidden = this.isBarSeen || !text || host.state === "idle";
    back.hidden = host.state === "idle";
    back.style.visibility = this.isHeadSeen ? "hidden" : ""; // it keeps its place: what is below it does not move
    if (jump.textContent !== text) jump.textContent = text;
    jump.setAttribute("aria-label", `${text}: ${page.say("to_result")}`);
  }

  /** The reader has pressed Run. @param {number} at where the page was then */
  begin(at) {
    this.pressedAt = at;
  }

  /** The first output is there, or the program is over: show it, unless the reader has gone elsewhere meanwhile. */
  arrive() {
    if (this.pressedAt === null) return;
    const hasMoved = Math.abs(scrollY - this.pressedAt) > STILL;
    this.pressedAt = null;
    this.fit(); // side by side, it is in view without a move
    const { top, bottom } = this.host.bar.getBoundingClientRect();
    if (!hasMoved && (bottom + FIRST_LINES > innerHeight || top < HEADER)) this.toResult();
  }

  toResult() {
    scroll(this.host.bar.getBoundingClientRect().top - innerHeight * PLACE);
  }

  toCode() {
    scroll(this.host.figure.getBoundingClientRect().top - HEADER);
    this.host.runButton.focus({ preventScroll: true });
  }

  /** Set code and the reader's result side by side, if there is room beside the text. */
  fit() {
    const { figure } = this.host;
    const room = Math.min(document.documentElement.clientWidth - figure.getBoundingClientRect().left - MARGIN, MOST);
    const isMine = figure.dataset.awaitShown === "mine";
    const isWide = isMine && innerWidth >= WIDE && room >= LEAST && Boolean(figure.parentElement?.matches(FLOW));
    figure.toggleAttribute("data-await-wide", isWide);
    if (!isWide) return;
    figure.style.setProperty("--await-room", `${room}px`);
    figure.style.setProperty("--await-behind", backgroundOf(figure));
  }
}

/**
 * A button that draws the reader's run beside the page's, on one axis; null if the page has no recording of its run.
 *
 * @param {Workbench} bench @param {Runtime} runtime @param {Recording} recording the reader's
 */
export function compareButton(bench, { runner, course, safePicture }, recording) {
  const { page, host, program, numbers } = bench;
  const link = host.figure.querySelector(":scope > .await-picture .await-files a[href$='.json']:not([href$='.trace.json'])");
  if (!(link instanceof HTMLAnchorElement)) return null;
  const box = page.make("div", "await-beside");
  /** @type {Element | null} */
  let shown = null;
  const draw = async () => {
    const book = await page.load(link.href, (url) => fetch(url).then((answer) => answer.text()));
    const name = `${program.name}-beside`;
    const { svg } = await runner.compare({
      name,
      labels: /** @type {any} */ (course).labels,
      compared: [
        { heading: page.say("built"), recording: book, shown: program.shown },
        { heading: page.say("mine"), recording: JSON.stringify(recording), shown: numbers },
      ],
    });
    shown = page.make("div", "await-picture");
    shown.append(safePicture(svg, name));
    shown.querySelector(".await-drawing")?.setAttribute("aria-label", `${program.title}: ${page.say("beside")}`);
    box.append(shown);
  };
  let isBusy = false;
  const press = async () => {
    if (isBusy || bench.isBusy) return;
    isBusy = true;
    if (shown) {
      shown.remove();
      shown = null;
    } else await draw().catch((error) => host.announce(page.say("off", { reason: String(error.message ?? error) })));
    button.setAttribute("aria-expanded", String(shown !== null));
    isBusy = false;
  };
  const button = page.button("await-compare", page.say("beside"), () => void press());
  button.setAttribute("aria-expanded", "false");
  box.append(button);
  return box;
}

/** A table of texts, whose first row are the heads. @param {Page} page @param {string[][]} rows */
export function tableOf({ make }, [heads, ...rows]) {
  const table = make("table", "");
  /** @param {HTMLTableSectionElement} part @param {string[]} texts @param {(at: number) => string | null} scope */
  const add = (part, texts, scope) => {
    const row = part.insertRow();
    for (const [at, text] of texts.entries()) {
      const of = scope(at);
      const cell = make(of ? "th" : "td", "", of ? { scope: of } : {});
      cell.textContent = text;
      row.append(cell);
    }
  };
  add(table.createTHead(), heads, () => "col");
  const body = table.createTBody();
  for (const row of rows) add(body, row, (at) => (at ? null : "row"));
  const box = make("div", "await-scroll", { tabindex: "0", role: "group", "aria-label": heads[0] });
  box.append(table);
  return box;
}

/** A link that saves a recording. @param {Page} page @param {string} name @param {Recording} recording */
export function download({ make, say }, name, recording) {
  const list = make("ul", "await-files");
  const item = make("li", "");
  const link = make("a", "", { download: name.replaceAll("/", "-"), href: "#" });
  link.textContent = say("recording");
  link.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(recording)], { type: "application/json" }));
    link.href = url;
    setTimeout(() => { URL.revokeObjectURL(url); }, KEPT);
  });
  item.append(link);
  list.append(item);
  return list;
}

/** A field for the lines that a program reads. */
export class InputField {
  /** @param {Page} page @param {string} title @param {string} text */
  constructor({ make, say }, title, text) {
    this.box = make("label", "await-input");
    this.field = make("textarea", "await-field", { rows: "2", spellcheck: "false", autocapitalize: "off" });
    this.field.setAttribute("aria-label", `${title}: ${say("input")}`);
    this.field.value = text.replace(/\n$/, "");
    this.box.append(`${say("input")}`, this.field);
  }

  /** What the program reads: each line has an end. */
  get text() {
    const { value } = this.field;
    return value && !value.endsWith("\n") ? `${value}\n` : value;
  }
}

/**
 * What a message of a run means, in a sentence: of the exception that ended it, or of a warning that it left; null if there
 * is none to be said.
 *
 * @param {[pattern: string, sentence: string][]} explanations @param {Recording} recording @param {Line[]} lines
 */
export function explain(explanations, { failure }, lines) {
  const errors = lines.filter(({ stream }) => stream === "stderr").map(({ parts }) => parts.map(([text]) => text).join(""));
  const said = [...(failure ? [`${failure.type}: ${failure.message}`, failure.traceback ?? ""] : []), ...errors].join("\n");
  return explanations.find(([pattern]) => new RegExp(pattern, "m").test(said))?.[1] ?? null;
}

/** @param {number} distance */
function scroll(distance) {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  scrollBy({ top: distance, behavior: isCalm ? "instant" : "smooth" });
}

/** The colour behind an element. @param {Element} element */
function backgroundOf(element) {
  for (let at = element.parentElement; at; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (!/^(transparent|rgba\(.*, 0\))$/.test(backgroundColor)) return backgroundColor;
  }
  return "Canvas";
}
