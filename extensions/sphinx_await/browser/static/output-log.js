// @ts-check
/**
 * The output of a run, shown as it arrives.
 *
 * @typedef {import("./element.js").Page} Page
 * @typedef {{ at: number, stream: "stdout" | "stderr", text: string, task: number | null }} Output
 */

const MOST_LINES = 1000;
/** Milliseconds between two updates: the first line is shown at once, a flood in batches. */
const INTERVAL = 40;

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[#%()*+./-][0-~]|[0-?@-Z\\^_])/g;

/**
 * A line about as a terminal shows it. core/text/screen.py does it exactly.
 * @param {string} line
 */
export function readable(line) {
  /** @type {string[]} */
  let shown = [];
  for (const part of line.replace(/\n$/, "").replace(ESCAPES, "").split("\r")) {
    const written = [...part];
    shown = written.concat(shown.slice(written.length));
  }
  return shown.join("").replace(/[\0-\x08\n-\x1f\x7f]/g, (control) =>
    String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)));
}

export class OutputLog {
  /** @param {Page} page @param {string} label */
  constructor(page, label) {
    this.page = page;
    this.pre = page.make("pre", "", { role: "log", "aria-label": label, tabindex: "0" });
    this.box = page.make("div", "await-outputs");
    this.box.append(this.pre);
    this.count = 0;
    this.cut = false;
    /** @type {Output[]} */
    this.waiting = [];
    /** @type {ReturnType<typeof setTimeout> | null} */
    this.timer = null;
    /** The line that is being written. @type {{ stream: string, text: HTMLElement, raw: string } | null} */
    this.open = null;
    this.stream = "stdout";
  }

  get isEmpty() { return this.count === 0; }

  /** @param {Output} output */
  add(output) {
    this.waiting.push(output);
    if (this.timer !== null) return;
    this.flush();
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, INTERVAL);
  }

  flush() {
    const rows = document.createDocumentFragment();
    for (const output of this.waiting.splice(0)) {
      for (const piece of output.text.match(/[^\n]*\n|[^\n]+/g) ?? []) this.write(output, piece, rows);
    }
    this.showOpen();
    this.pre.append(rows);
  }

  /** Show the line that is being written from its start: a later piece may change an earlier one. */
  showOpen() {
    if (this.open) this.open.text.textContent = readable(this.open.raw);
  }

  close() {
    this.showOpen();
    this.open = null;
  }

  /** @param {Output} output @param {string} piece @param {DocumentFragment} rows */
  write({ at, stream }, piece, rows) {
    if (this.open?.stream !== stream) this.close();
    if (!this.open && this.count >= MOST_LINES) this.cut = true;
    if (this.cut) return;
    this.open ??= this.row(at, stream, rows);
    this.open.raw += piece;
    if (piece.endsWith("\n")) this.close();
  }

  /** @param {number} at @param {string} stream @param {DocumentFragment} rows */
  row(at, stream, rows) {
    const { make, say } = this.page;
    if (stream === "stderr" && this.stream !== "stderr") {
      const mark = make("span", "await-mark");
      mark.textContent = say("error");
      rows.append(mark);
    }
    this.stream = stream;
    this.count += 1;
    const row = make("span", `await-output await-${stream === "stderr" ? "stderr" : "stdout"}`);
    const moment = make("span", "await-time");
    moment.textContent = at.toFixed(3);
    const text = make("span", "await-text");
    row.append(moment, text, "\n");
    rows.append(row);
    return { stream, text, raw: "" };
  }
}
