// @ts-check
/**
 * The output of a run: about as a terminal shows it while the program runs, exactly when it has ended.
 *
 * A program may write without end. What is kept and shown of it is bounded: the first and the last lines, and the start
 * of a long line.
 *
 * @typedef {import("./element.js").Page} Page
 * @typedef {{ at: number, stream: "stdout" | "stderr", text: string, task: number | null }} Output
 * @typedef {{ at: number, stream: string, parts: [text: string, styles: string[]][], left_out: number }} Line
 * @typedef {{ at: number, after: number, text?: string, image?: string, alt?: string, width?: number | null }} Display
 */

/** Lines that are shown of a running program: the first and the last ones. */
const [FIRST, LAST] = [500, 500];
/** Characters of a line that are shown, and that are kept to show them. */
const LONGEST = 10_000;
const MOST_RAW = 2 * LONGEST;
/** Milliseconds between two updates: the first line is shown at once, a flood in batches. */
const INTERVAL = 40;

/** Images that can do nothing, whoever sent them. */
const IMAGE = /^data:image\/(?:png|jpeg|gif|svg\+xml);base64,[\w+/=]+$/;
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[#%()*+./-][0-~]|[0-?@-Z\\^_])/g;

/** A line without escape sequences, in which a carriage return lets text overwrite. @param {string} line */
function withoutEscapes(line) {
  /** @type {string[]} */
  let shown = [];
  for (const part of line.replace(/\n$/, "").replace(ESCAPES, "").split("\r")) {
    const written = [...part];
    shown = written.concat(shown.slice(written.length));
  }
  return shown.join("");
}

/** @param {string} text */
const withPictures = (text) =>
  text.replace(/[\0-\x08\n-\x1f\x7f]/g, (control) =>
    String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)));

export class OutputLog {
  count = 0;
  leftOut = 0;
  stream = "stdout";
  /** @type {Output[]} */ waiting = [];
  /** @type {ReturnType<typeof setTimeout> | null} */ timer = null;
  /** The line that is being written. @type {{ stream: string, text: HTMLElement, raw: string } | null} */
  open = null;
  /** The elements of the first lines. @type {Node[][]} */ first = [];
  /** The elements of later lines, which give way to newer ones. @type {Node[][]} */ last = [];

  /** @param {Page} page @param {string} label */
  constructor(page, label) {
    this.page = page;
    this.label = label;
    this.pre = page.make("pre", "", { role: "log", "aria-label": label, tabindex: "0" });
    this.box = page.make("div", "await-outputs");
    this.box.append(this.pre);
  }

  get isEmpty() { return this.count === 0; }

  clear() {
    this.pre.replaceChildren();
    this.open = null;
    this.count = 0;
    this.leftOut = 0;
    this.stream = "stdout";
    this.first = [];
    this.last = [];
  }

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
    for (const output of this.waiting.splice(0)) {
      for (const piece of output.text.match(/[^\n]*\n|[^\n]+/g) ?? []) this.write(output, piece);
    }
    this.showOpen();
    this.showRows();
  }

  /**
   * Show the lines of a run that has ended, and what it displayed between them.
   * @param {Line[]} lines each with the number of lines missing before it @param {Display[]} [displays]
   */
  showLines(lines, displays = []) {
    this.waiting = [];
    this.clear();
    const later = [...displays];
    /** @param {number} count of the lines before */
    const showDisplays = (count) => {
      while (later.length && later[0].after <= count) this.addDisplay(/** @type {Display} */ (later.shift()));
    };
    for (const [count, { at, stream, parts, left_out }] of lines.entries()) {
      showDisplays(count);
      const { nodes, text } = this.addRow(at, stream);
      if (left_out) nodes.unshift(this.makeGap(left_out));
      for (const [part, styles] of parts) text.append(this.styled(part, styles));
    }
    showDisplays(Infinity);
    this.showRows();
  }

  /** @param {Display} display */
  addDisplay({ at, text, image, alt, width }) {
    if (!image || !IMAGE.test(image)) {
      for (const line of (text ?? alt ?? "").split("\n")) this.addRow(at, "stdout").text.textContent = line;
      return;
    }
    const picture = this.page.make("img", "", { src: image, alt: alt || this.label });
    if (Number(width) > 0) picture.setAttribute("width", String(width));
    const added = this.addRow(at, "stdout");
    added.text.replaceWith(picture);
    added.row.className = "await-display";
  }

  /** A line that says how many lines are missing. @param {number} count */
  makeGap(count) {
    const gap = this.page.make("span", "await-output await-gap");
    gap.textContent = `${this.page.say("left_out", { count })}\n`;
    return gap;
  }

  /** @param {string} text @param {string[]} styles */
  styled(text, styles) {
    const classes = styles.filter((name) => /^[a-z-]+$/.test(name)).map((name) => `await-ansi-${name}`);
    if (!classes.length) return text;
    const span = this.page.make("span", classes.join(" "));
    span.textContent = text;
    return span;
  }

  showRows() {
    const gap = this.leftOut ? [[this.makeGap(this.leftOut)]] : [];
    const rows = [...this.first, ...gap, ...this.last].flat();
    const shown = [...this.pre.childNodes];
    const same = shown.findIndex((node, index) => node !== rows[index]);
    const from = same < 0 ? shown.length : same;
    for (const node of shown.slice(from)) node.remove();
    this.pre.append(...rows.slice(from));
  }

  /** Show the line that is being written from its start: a later piece may change an earlier one. */
  showOpen() {
    if (!this.open) return;
    const text = withoutEscapes(this.open.raw);
    this.open.text.textContent = withPictures(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  }

  close() {
    this.showOpen();
    this.open = null;
  }

  /** @param {Output} output @param {string} piece */
  write({ at, stream }, piece) {
    if (this.open?.stream !== stream) this.close();
    this.open ??= { stream, text: this.addRow(at, stream).text, raw: "" };
    if (this.open.raw.length + piece.length > MOST_RAW) this.open.raw = withoutEscapes(this.open.raw).slice(0, LONGEST + 1);
    this.open.raw += piece.slice(0, MOST_RAW);
    if (piece.endsWith("\n")) this.close();
  }

  /** @param {number} at @param {string} stream */
  addRow(at, stream) {
    const { make, say } = this.page;
    /** @type {Node[]} */
    const nodes = [];
    if (stream === "stderr" && this.stream !== "stderr") {
      const mark = make("span", "await-mark");
      mark.textContent = say("error");
      nodes.push(mark);
    }
    this.stream = stream;
    this.count += 1;
    const row = make("span", `await-output await-${stream === "stderr" ? "stderr" : "stdout"}`);
    const moment = make("span", "await-time");
    moment.textContent = at.toFixed(3);
    const text = make("span", "await-text");
    row.append(moment, text, "\n");
    nodes.push(row);
    this.last.push(nodes);
    if (this.count <= FIRST) this.first.push(...this.last.splice(0));
    else if (this.last.length > LAST) {
      this.last.shift();
      this.leftOut += 1;
    }
    return { nodes, row, text };
  }
}
