// @ts-check
/**
 * `<await-live>`: the program of a figure in the hands of its reader. Run, stop, edit, reset, a link to take along.
 *
 * The page is whole without this. Before the first press nothing but this file and its style is loaded; the runtime,
 * the editor and what all programs share come when they are asked for. The state stands in the page: the attributes
 * `state` (`idle`, `loading`, `running`, `ended`) and `edited` of the element, `data-await-shown` of the figure.
 *
 * What a run hands back came from a program that anybody may have written: it is text, or a picture of which only
 * known elements and attributes are taken.
 *
 * @typedef {{ name: string, title: string, key: string, code: string, before: string[], only: string,
 *   shown: (number | null)[] | null, checks: { test: string, hint: string }[] }} Program
 * @typedef {{ at: number, stream: "stdout" | "stderr", text: string, task: number | null }} Output
 * @typedef {{ wall: number, python: string, platform: string, tasks: { name: string }[],
 *   failure: { type: string, message: string, line: number | null } | null }} Recording
 * @typedef {{ recording: Recording | null, svg: string, words: string, stopped: boolean, error: string | null,
 *   checks?: boolean[] }} Result
 * @typedef {{ onProgress(loaded: number, total: number): void, onStart(): void, onOutput(output: Output): void,
 *   onNotice(kind: "waits-for-ever" | "busy"): void, onResume(): void }} Listener
 * @typedef {{ run(program: object, listener: Listener): Promise<Result>, stop(): void, dispose(): void }} Runner
 * @typedef {import("./editor.js").Editor} Editor
 */

const tag = document.querySelector("script[data-await-live]");
/** @type {{ files: Record<string, string | null>, words: Record<string, string> }} */
const { files, words } = JSON.parse(tag?.getAttribute("data-await-live") ?? '{"files":{},"words":{}}');
const BASE = new URL("./", import.meta.url);
const [RUNNER, EDITOR, CODEMIRROR, COURSE] = ["live-runner.js", "editor.js", "codemirror.js", "course.json"];
const KEPT = "sphinx-await-program-";
const LINK = /^#await-live=([\w-]+)\.([\w-]+)$/;
/** No link unpacks to more characters than this, and no output shows more lines. */
const LONGEST_LINKED = 100_000;
const MOST_LINES = 1000;
/** A picture of more characters is none of ours. */
const LONGEST_PICTURE = 1_000_000;
/** Milliseconds for which output is gathered before it is shown: the first line at once, a flood in gulps. */
const GULP = 40;
/** Milliseconds for which a file of ours is waited for. */
const PATIENCE = 30_000;

/** @param {string} text @param {Record<string, string | number>} [values] */
const say = (text, values = {}) =>
  (words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/**
 * How often a file did not come: then it has another address, since a browser keeps the failure of a module.
 * @type {Record<string, number>}
 */
const missed = {};

/** @param {string} name */
function miss(name) {
  missed[name] = (missed[name] ?? 0) + 1;
}

/** @param {string} name */
function address(name) {
  const url = new URL(files[name] ?? name, BASE);
  if (missed[name]) url.searchParams.set("again", String(missed[name]));
  return url.href;
}

/**
 * What is got from the address of a file, unless that takes too long.
 * @template T
 * @param {string} name @param {(url: string) => Promise<T>} get @returns {Promise<T>}
 */
async function ask(name, get) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not come in time`)), PATIENCE);
  });
  try {
    return await Promise.race([get(address(name)), late]);
  } catch (error) {
    miss(name);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} name @returns {Promise<any>} */
const bring = (name) => ask(name, (url) => import(url));

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind @param {string} classes @param {Record<string, string>} [attributes]
 * @returns {HTMLElementTagNameMap[K]}
 */
function make(kind, classes, attributes = {}) {
  const made = document.createElement(kind);
  made.className = classes;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {string} classes @param {string} text @param {() => void} press */
function button(classes, text, press) {
  const made = make("button", `await-button ${classes}`, { type: "button" });
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

// One runner for the whole page: its spare worker is warm for whichever program is next.
/** @type {Promise<{ runner: Runner, course: object }> | null} */
let loaded = null;
/** @type {AwaitLive | null} */
let active = null;

function load() {
  if (loaded) return loaded;
  /** @type {Promise<{ runner: Runner, course: object }>} */
  const now = (async () => {
    const [{ Runner }, course] = await Promise.all([
      bring(RUNNER),
      ask(COURSE, (url) => fetch(url).then((answer) => answer.json())),
    ]);
    return { runner: new Runner(BASE.href), course };
  })();
  now.catch(() => { if (loaded === now) loaded = null; }); // another press tries again
  return (loaded = now);
}

/** Wait no longer for what does not come. */
function forget() {
  loaded = null;
  for (const name of [RUNNER, COURSE]) miss(name);
}

/** Edits stay on the reader's device, where it lets a site keep anything. */
const kept = {
  /** @param {string} key */
  get(key) {
    try {
      return localStorage.getItem(KEPT + key);
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {string | null} code */
  set(key, code) {
    try {
      if (code === null) localStorage.removeItem(KEPT + key);
      else localStorage.setItem(KEPT + key, code);
    } catch {
      // Then they last as long as the page.
    }
  },
};

class AwaitLive extends HTMLElement {
  program = /** @type {Program} */ (/** @type {unknown} */ (null));
  /** What the reader calls the lines of what ran last. @type {(number | null)[]} */
  numbers = [];
  /** @type {Editor | null} */ editor = null;
  /** @type {string | null} */ mine = null;
  /** Whether the editor holds what came with a link, while the reader has edits of their own. */ guest = false;
  /** Counts what changes the editor: whatever was begun before the last of it comes to nothing. */ turn = 0;
  /** Until the run is over. @type {Promise<void>} */ over = Promise.resolve();
  /** Whether what was started is still to run. */ wanted = false;
  /** Ends what runs, or the wait for what would run it. */ halt = () => {};
  figure = /** @type {HTMLElement} */ (document.body);
  runButton = button("await-go", say("run"), () => this.press());
  editButton = button("await-edit", say("edit"), () => this.toggleEditor());
  resetButton = button("await-reset", say("reset"), () => this.reset());
  shareButton = button("await-share", say("share"), () => this.share());
  mineButton = button("await-choose", say("mine"), () => this.show("mine"));
  builtButton = button("await-choose", say("built"), () => this.show("built"));
  status = make("p", "await-live-status", { role: "status" });
  progress = make("progress", "await-progress");
  choice = make("div", "await-choice", { role: "group", "aria-label": say("choice") });
  bar = make("div", "await-bar");
  desk = make("div", "await-desk");
  panel = make("div", "await-mine", { role: "group", "aria-label": say("mine") });

  connectedCallback() {
    const figure = this.closest("figure");
    const text = this.querySelector("script")?.textContent;
    if (!figure || !text || this.program) return;
    this.program = JSON.parse(text);
    this.figure = figure;
    this.mine = kept.get(this.program.key);
    const header = figure.querySelector(":scope > .await-header") ?? make("div", "await-header");
    if (!header.isConnected) figure.prepend(header);
    const tools = make("div", "await-tools", { role: "group", "aria-label": this.program.title });
    header.prepend(tools);
    if (this.program.only) {
      const only = make("span", "await-only");
      only.textContent = this.program.only;
      tools.append(only);
      return;
    }
    tools.append(this.runButton, this.editButton);
    this.choice.append(this.mineButton, this.builtButton);
    this.bar.append(this.choice, this.status, this.progress, this.shareButton, this.resetButton);
    this.append(this.desk, this.bar, this.panel);
    this.desk.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        event.stopPropagation(); // an editor would make a line of it
        this.press();
      }
    }, { capture: true });
    this.state = "idle";
    this.choice.hidden = this.progress.hidden = this.panel.hidden = true;
    this.refresh();
    addEventListener("hashchange", () => void this.openLinked());
    void this.openLinked();
  }

  get state() { return this.getAttribute("state") ?? "idle"; }

  set state(state) {
    this.setAttribute("state", state);
    this.runButton.textContent = say(this.isBusy ? "stop" : "run");
    this.runButton.title = `${this.runButton.textContent}: Ctrl+Enter`;
    this.progress.hidden = state !== "loading";
  }

  /** Everything that depends on what is open, edited or was run. */
  refresh() {
    this.toggleAttribute("edited", this.mine !== null);
    this.editButton.setAttribute("aria-expanded", String(this.editor !== null));
    this.bar.hidden = this.state === "idle" && !this.editor;
    this.shareButton.hidden = !this.editor || !("CompressionStream" in globalThis);
    this.figure.toggleAttribute("data-await-editing", this.editor !== null);
  }

  press() {
    if (this.isBusy) void this.stop();
    else this.over = this.run();
  }

  get isBusy() { return this.state === "loading" || this.state === "running"; }

  /** Stop what runs; until it has. */
  async stop() {
    if (!this.isBusy) return;
    this.wanted = false;
    this.halt();
    await this.over;
  }

  async run() {
    const before = active;
    active = this;
    this.wanted = true;
    /** @type {Promise<null>} */
    const halted = new Promise((resolve) => { this.halt = () => resolve(null); });
    const code = this.editor?.code ?? this.program.code;
    this.numbers = this.numbersOf(code);
    const lines = new Lines(this.program);
    this.state = "loading";
    this.progress.removeAttribute("value");
    this.refresh();
    this.mark(null);
    this.tell(say("starting"));
    await before?.stop();
    try {
      const got = await Promise.race([load(), halted]);
      if (!got) forget();
      if (!got || !this.wanted) return this.end(say("stopped_early"));
      const { runner, course } = got;
      this.halt = () => runner.stop();
      const { name, before, checks } = this.program;
      const tests = checks.map(({ test }) => test);
      const program = { ...course, name, parts: [...before, code], shown: this.numbers, checks: tests };
      const result = await runner.run(program, {
        onProgress: (loaded, total) => this.load(loaded, total),
        onStart: () => this.start(lines),
        onOutput: (output) => lines.add(output),
        onNotice: (kind) => this.tell(say(kind === "busy" ? "busy" : "waits")),
        onResume: () => this.tell(say("running")),
      });
      if (result.error !== null) throw new Error(result.error);
      lines.flush();
      this.end(result.recording ? this.finish(result, result.recording, lines) : say("stopped_early"));
    } catch (error) {
      this.end(say("off", { reason: reasonOf(error) }));
    }
  }

  /** @param {string} told */
  end(told) {
    this.tell(told);
    this.state = "ended";
    if (active === this) active = null;
  }

  /** @param {number} loaded @param {number} total */
  load(loaded, total) {
    this.progress.max = total;
    this.progress.value = loaded;
    // By whole megabytes, since each is read out.
    const told = say("loading", { loaded: Math.floor(loaded / 1e6), total: (total / 1e6).toFixed(1) });
    this.progress.setAttribute("aria-label", told);
    this.tell(told);
  }

  /** @param {Lines} lines */
  start(lines) {
    this.state = "running";
    this.panel.replaceChildren();
    const count = this.program.before.length;
    if (count) this.panel.append(note(say("earlier", { count })));
    this.panel.append(lines.box);
    this.choice.hidden = this.panel.hidden = false;
    this.show("mine");
    this.tell(say("running"));
  }

  /**
   * Show all that a run left; how it ended, in words.
   * @param {Result} result @param {Recording} recording @param {Lines} lines
   */
  finish({ svg, words: description, stopped, checks }, recording, lines) {
    if (this.state === "loading") this.start(lines);
    if (lines.cut) this.panel.append(note(say("more")));
    if (lines.isEmpty) lines.box.replaceWith(note(say("silent")));
    if (checks?.length) this.panel.append(verdicts(this.program.checks, checks));
    const picture = clean(svg, this.program.name);
    if (picture.hasChildNodes()) {
      // The id of a run says nothing to those who hear it.
      picture.querySelector(".await-drawing")?.setAttribute("aria-label", `${this.program.title}: ${say("mine")}`);
      const box = make("div", "await-picture");
      box.append(picture);
      if (description) box.append(described(description));
      this.panel.append(box);
    }
    const seconds = recording.wall.toFixed(3);
    // It took no time at all only if it was stopped while the programs before it ran.
    if (stopped && !recording.wall) return say("stopped_early");
    const facts = make("p", "await-facts");
    facts.textContent = `${say("took", { number: seconds })} · ${recording.python}, ${recording.platform}`;
    this.panel.append(facts);
    if (stopped) return say("stopped", { seconds });
    return checks?.length && checks.every(Boolean) ? say("solved") : this.ending(recording, seconds);
  }

  /** @param {Recording} recording @param {string} seconds */
  ending({ failure }, seconds) {
    if (!failure) return say("ended", { seconds });
    const error = failure.message ? `${failure.type}: ${failure.message}` : failure.type;
    const line = this.numbers[(failure.line ?? 0) - 1];
    if (!line) return say("wrong_somewhere", { error });
    this.mark(failure.line);
    return say("wrong", { error, line });
  }

  /** For each line of what runs the number that the reader sees beside it, or null. @param {string} code */
  numbersOf(code) {
    return (!this.editor && this.program.shown) || code.split("\n").map((_, index) => index + 1);
  }

  /** Mark a line of the program, or none. @param {number | null} line */
  mark(line) {
    if (this.editor) return this.editor.mark(line);
    const registry = "highlights" in CSS ? CSS.highlights : null;
    registry?.delete("await-wrong");
    const shown = this.figure.querySelector(".await-code td.code pre, .await-code pre");
    if (!registry || line === null || !shown) return;
    const range = lineOf(shown, line, this.program.code);
    if (range) registry.set("await-wrong", new Highlight(range));
  }

  /** @param {string} text */
  tell(text) {
    this.bar.hidden = false;
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** @param {"mine" | "built"} which */
  show(which) {
    this.figure.dataset.awaitShown = which;
    this.mineButton.setAttribute("aria-pressed", String(which === "mine"));
    this.builtButton.setAttribute("aria-pressed", String(which === "built"));
  }

  async toggleEditor() {
    if (this.editor) return this.closeEditor();
    const editor = await this.openEditor(this.mine ?? this.program.code);
    if (editor && this.mine !== null) this.tell(say("kept"));
    editor?.focus();
  }

  /**
   * An editor in the place of the one that is open; null if none could be loaded, which is said, or it came too late.
   * @param {string} code @param {boolean} [guest] whether the program is not to be kept
   * @returns {Promise<Editor | null>}
   */
  async openEditor(code, guest = false) {
    const turn = (this.turn += 1);
    this.editButton.disabled = true;
    const wanted = {
      parent: this.desk,
      code,
      label: `${this.program.title}: ${say("editor")}`,
      onChange: (/** @type {string} */ text) => this.keep(text),
    };
    try {
      const { openEditor } = await bring(EDITOR);
      const editor = await openEditor(files[CODEMIRROR] ? () => bring(CODEMIRROR) : null, wanted);
      if (turn === this.turn) return this.takeEditor(editor, guest);
      editor.destroy();
    } catch (error) {
      if (turn !== this.turn) return null;
      this.editButton.disabled = false;
      this.tell(say("off", { reason: reasonOf(error) }));
    }
    return null;
  }

  /** @param {Editor} editor @param {boolean} guest */
  takeEditor(editor, guest) {
    this.closeEditor();
    this.mark(null);
    this.editor = editor;
    this.guest = guest;
    this.refresh();
    return editor;
  }

  closeEditor() {
    this.turn += 1;
    this.editButton.disabled = false;
    this.editor?.destroy();
    this.editor = null;
    this.guest = false;
    this.refresh();
  }

  /** @param {string} code */
  keep(code) {
    if (this.guest) return;
    this.mine = code === this.program.code ? null : code;
    kept.set(this.program.key, this.mine);
    this.refresh();
  }

  /** The figure as the page has it. */
  async reset() {
    await this.stop();
    this.keep(this.program.code);
    this.closeEditor();
    this.mark(null);
    this.panel.replaceChildren();
    this.choice.hidden = this.panel.hidden = true;
    delete this.figure.dataset.awaitShown;
    this.status.textContent = "";
    this.state = "idle";
    this.refresh();
    this.editButton.focus();
  }

  async share() {
    const code = this.editor?.code ?? this.program.code;
    if (code.length > LONGEST_LINKED) return this.tell(say("too_long"));
    const link = new URL(location.href);
    link.hash = `await-live=${this.program.name}.${await pack(code)}`;
    try {
      await navigator.clipboard.writeText(link.href);
      this.tell(say("copied"));
    } catch {
      history.replaceState(null, "", link);
      this.tell(say("linked"));
    }
  }

  /**
   * What came with the link is shown to be read; it runs only when the reader says so. It is shown once, and what the
   * reader has written before stays what is kept.
   */
  async openLinked() {
    const { hash } = location;
    const [, name, packed] = LINK.exec(hash) ?? [];
    if (name !== this.program.name || !packed) return;
    const code = await unpack(packed);
    if (location.hash !== hash) return;
    if (code === null) return this.tell(say("broken"));
    this.mine = kept.get(this.program.key) ?? this.mine; // it may be from another tab
    const guest = this.mine !== null && this.mine !== code;
    if (!(await this.openEditor(code, guest))) return;
    if (location.hash === hash) history.replaceState(history.state, "", location.pathname + location.search);
    this.closest("details")?.setAttribute("open", "");
    this.figure.scrollIntoView({ block: "start" });
    this.tell(say(guest ? "shared_beside" : "shared"));
  }
}

/** The output of a run, shown as it comes. */
class Lines {
  /** @param {Program} program */
  constructor(program) {
    this.pre = make("pre", "", { role: "log", "aria-label": `${program.title}: ${say("output")}`, tabindex: "0" });
    this.box = make("div", "await-outputs");
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
    }, GULP);
  }

  flush() {
    const rows = document.createDocumentFragment();
    for (const output of this.waiting.splice(0)) {
      for (const piece of output.text.match(/[^\n]*\n|[^\n]+/g) ?? []) this.write(output, piece, rows);
    }
    this.showOpen();
    this.pre.append(rows);
  }

  /** A line is shown as a whole: what comes later may change what it says. */
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

/** @param {string} text */
function note(text) {
  const made = make("p", "await-note");
  made.textContent = text;
  return made;
}

/** @param {string} text */
function described(text) {
  const fold = make("details", "await-words");
  const summary = make("summary", "");
  summary.textContent = say("picture");
  fold.append(summary, note(text));
  return fold;
}

/** @param {{ hint: string }[]} checks @param {boolean[]} passed */
function verdicts(checks, passed) {
  const list = make("ul", "await-checks");
  checks.forEach(({ hint }, index) => {
    const item = make("li", passed[index] ? "await-passed" : "await-missed");
    item.textContent = `${say(passed[index] ? "passed" : "missed")}: ${hint}`;
    list.append(item);
  });
  return list;
}

const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[#%()*+./-][0-~]|[0-?@-Z\\^_])/g;

/** A line as the page's own lines are shown: see core/lines.py. @param {string} line */
function readable(line) {
  /** @type {string[]} */
  let shown = [];
  for (const part of line.replace(/\n$/, "").replace(ESCAPES, "").split("\r")) {
    const written = [...part];
    shown = written.concat(shown.slice(written.length));
  }
  return shown.join("").replace(/[\0-\x08\n-\x1f\x7f]/g, (one) =>
    String.fromCharCode(one === "\x7f" ? 0x2421 : 0x2400 + one.charCodeAt(0)));
}

/**
 * The range of a line of a program as the page shows it; null if it shows something else.
 * @param {Element} shown @param {number} line @param {string} code
 */
function lineOf(shown, line, code) {
  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let text = "";
  let now = 1;
  let began = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest(".linenos, .gp, .go")) continue;
    const data = node.nodeValue ?? "";
    for (let at = 0; at < data.length; at += 1) {
      if (now === line && !began) {
        range.setStart(node, at);
        began = true;
      }
      if (now === line && data[at] !== "\n") range.setEnd(node, at + 1);
      if (data[at] === "\n") now += 1;
    }
    text += data;
  }
  return began && text.trimEnd() === code.trimEnd() ? range : null;
}

const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(
  "div ul li span p svg g path rect line circle text tspan title a defs pattern".split(" "),
);
const ATTRIBUTES = new Set(
  ("aria-hidden aria-label role x x1 x2 y y1 y2 dx dy cx cy r rx ry d width height viewBox fill stroke-width " +
    "transform text-anchor overflow pointer-events patternTransform patternUnits tabindex").split(" "),
);
const CLASS = /^(?:at|await)-[\w-]+$/;
const FILLS = /^(?:none|currentcolor|url\(#[\w-]+\)|var\(--await-[\w-]+\))$/;

/**
 * A picture, made anew of the elements and attributes that pictures have and of nothing else.
 * @param {string} html @param {string} prefix what its ids start with
 */
function clean(html, prefix) {
  const made = document.createDocumentFragment();
  if (html.length > LONGEST_PICTURE) return made;
  for (const child of new DOMParser().parseFromString(html, "text/html").body.children) {
    const copy = cleaned(child, prefix);
    if (copy) made.append(copy);
  }
  return made;
}

/** @param {Element} element @param {string} prefix @returns {Element | null} */
function cleaned(element, prefix) {
  const svg = element.namespaceURI === SVG;
  if (!ELEMENTS.has(element.localName)) return null;
  const copy = svg ? document.createElementNS(SVG, element.localName) : document.createElement(element.localName);
  for (const { name, value } of element.attributes) {
    if (isHarmless(name, value, prefix)) copy.setAttribute(name, value);
  }
  for (const child of element.childNodes) {
    if (child instanceof Text) copy.append(child.data);
    const inner = child instanceof Element ? cleaned(child, prefix) : null;
    if (inner) copy.append(inner);
  }
  return copy;
}

/** @param {string} name @param {string} value @param {string} prefix */
function isHarmless(name, value, prefix) {
  if (name === "id") return value.startsWith(prefix);
  if (name === "href") return value.startsWith(`#${prefix}`);
  if (name === "class") return value.split(" ").every((one) => CLASS.test(one));
  return ATTRIBUTES.has(name) && (name !== "fill" || FILLS.test(value));
}

/** @param {string} text */
async function pack(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The text, or null if it is none or too long. @param {string} packed */
async function unpack(packed) {
  try {
    const letters = atob(packed.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
    let text = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += piece.value;
      if (text.length > LONGEST_LINKED) return null;
    }
    return text;
  } catch {
    return null;
  }
}

customElements.define("await-live", AwaitLive);
