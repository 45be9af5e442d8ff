// @ts-check
/**
 * What a reader does with the program of a figure: run it, stop it, edit it, share it.
 *
 * The result of a run comes from a program that anybody may have written: it is shown as text, or as a picture of which
 * only known elements and attributes are taken.
 *
 * @typedef {import("./element.js").Page} Page
 * @typedef {import("./element.js").Check} Check
 * @typedef {import("./output-log.js").Output} Output
 * @typedef {import("./output-log.js").OutputLog} OutputLog
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./live-runner.js").Result} Result
 * @typedef {import("./output-log.js").Line} Line
 * @typedef {{ wall: number, python: string, platform: string, truncated: boolean, omitted: object | null,
 *   stand_ins?: { host: string }[], exit?: number, failure: { type: string, message: string, traceback?: string, line: number | null } | null }} Recording
 * @typedef {{ runner: import("./live-runner.js").Runner, course: Course, OutputLog: typeof import("./output-log.js").OutputLog,
 *   safePicture: typeof import("./safe-picture.js").safePicture }} Runtime
 * @typedef {{ explanations?: [pattern: string, sentence: string][] }} Course
 * @typedef {typeof import("./run-view.js")} RunViewScript
 * @typedef {import("../../sphinxext/static/sphinx-await-player.js").Player} Player
 * @typedef {import("../../sphinxext/static/sphinx-await-player.js").Steps} Steps
 * @typedef {HTMLElement & { program: import("./element.js").Program, figure: HTMLElement, state: string,
 *   runButton: HTMLButtonElement, editButton: HTMLButtonElement, keptButton: HTMLButtonElement, status: HTMLElement, bar: HTMLElement,
 *   announce(text: string): void }} Host
 */

const [RUNNER, OUTPUT_LOG, SAFE_PICTURE, COURSE] = ["live-runner.js", "output-log.js", "safe-picture.js", "course.json"];
/** The highlight of wrong lines, which all figures share. */
const WRONG = "await-wrong";
const [EDITOR, CODEMIRROR, SHARE_LINK] = ["editor.js", "codemirror.js", "share-link.js"];
const [PLAYER, RUN_VIEW, LINE_ORDER] = ["sphinx-await-player.js", "run-view.js", "line-order.js"];
/** What a program says that reads its standard input. */
const READS = /\binput\s*\(|\bstdin\b/;

/** @param {unknown} error */
const reasonOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {Page} page @returns {Promise<Runtime>} */
function loadRuntime(page) {
  if (page.runtime) return page.runtime;
  const isWanted = () => page.runtime === loading;
  /** @type {Promise<Runtime>} */
  const loading = (async () => {
    const [{ Runner }, { OutputLog }, { safePicture }, course] = await Promise.all([
      page.importScript(RUNNER),
      page.importScript(OUTPUT_LOG),
      page.importScript(SAFE_PICTURE),
      page.load(COURSE, (url) => fetch(url).then((answer) => answer.json())),
    ]);
    if (!isWanted()) throw new Error("it was given up"); // nobody would let a runner go
    return { runner: new Runner(page.base), course, OutputLog, safePicture };
  })();
  loading.catch(() => { if (page.runtime === loading) page.runtime = null; }); // another press tries again
  return (page.runtime = loading);
}

/** Wait no longer for what does not load. @param {Page} page */
function giveUpRuntime(page) {
  page.runtime = null;
  for (const name of [RUNNER, OUTPUT_LOG, SAFE_PICTURE, COURSE]) page.giveUp(name);
}

/** How often a program is run again whose times were missed while the device was busy. */
const RETRIES = 2;
/** Milliseconds until a place that a screen reader watches is filled. */
const FILLED_AFTER = 50;

export class Workbench {
  /** The number that the reader sees beside each line of the last run. @type {(number | null)[]} */
  numbers = [];
  /** @type {Editor | null} */ editor = null;
  /** The reader's edited program. @type {string | null} */ mine = null;
  /** Whether it was edited from an older program than the page's. */ isOlder = false;
  /** Whether the browser has no room for the edited program. */ isUnkept = false;
  /** The part of the address that is the link whose program the editor shows; else empty. */ hash = "";
  /** Whether the editor shows the program of a link while the reader has edits of their own. */ isGuest = false;
  /** Counts changes of editor: an editor that was requested before the last one is dropped. */ turn = 0;
  /** Resolves when the run is over. @type {Promise<void>} */ over = Promise.resolve();
  /** Whether the run that was started is still wanted. */ isWanted = false;
  /** Seconds at which the run was stopped because its program is meant not to end. @type {number | null} */ hung = null;
  isBusy = false;
  /** The line that is marked in the page. @type {Range | null} */ marked = null;
  /** The program whose output the panel shows. @type {string | null} */ ran = null;
  /** Ends the run, or the wait for the runtime. */ halt = () => {};
  /** Steps through the last run. @type {Player | null} */ player = null;
  /** The edited program that the reader has just given up for the page's. @type {string | null} */ undone = null;
  /** Keeps the reader and the result together. @type {import("./run-view.js").RunView | null} */ view = null;
  /** @type {RunViewScript | null} */ script = null;
  /** What the program reads. @type {import("./run-view.js").InputField | null} */ input = null;

  /** @param {Page} page @param {Host} host */
  constructor(page, host) {
    const { button, make, say } = page;
    this.page = page;
    this.host = host;
    this.program = host.program;
    this.takeEdits();
    this.resetButton = button("await-reset", say("reset"), () => this.reset());
    this.undoButton = button("await-undo", say("undo"), () => void this.undo());
    this.shareButton = button("await-share", say("share"), () => this.share());
    this.mineButton = button("await-choose", say("mine"), () => this.show("mine"));
    this.builtButton = button("await-choose", say("built"), () => this.show("built"));
    this.progress = make("progress", "await-progress");
    this.choice = make("div", "await-choice", { role: "group", "aria-label": say("choice") });
    this.desk = make("div", "await-desk");
    this.panel = make("div", "await-mine", { role: "group", "aria-label": `${host.program.title}: ${say("mine")}` });
    this.stale = make("p", "await-note await-stale", { role: "note" });
    this.choice.append(this.mineButton, this.builtButton);
    host.bar.prepend(this.choice);
    host.bar.append(this.progress, this.shareButton, this.resetButton, this.undoButton);
    host.bar.before(this.desk);
    host.bar.after(this.stale, this.panel);
    this.desk.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
        event.preventDefault();
        event.stopPropagation(); // an editor would insert a line
        this.press();
      }
    }, { capture: true });
    this.choice.hidden = this.progress.hidden = this.panel.hidden = true;
    this.refresh();
  }

  /** Read the reader's edits, which may be from another tab. */
  takeEdits() {
    const kept = this.page.edits.get(this.program);
    if (!kept) return;
    this.mine = kept.code;
    this.isOlder = kept.isOlder;
  }

  /** @param {"idle" | "loading" | "running" | "ended"} state */
  enter(state) {
    this.host.state = state;
    this.isBusy = state === "loading" || state === "running";
    this.progress.hidden = state !== "loading";
  }

  /** Show what depends on whether an editor is open, the program is edited, or it has run. */
  refresh() {
    const { page, host, editor } = this;
    host.toggleAttribute("edited", this.mine !== null);
    host.editButton.setAttribute("aria-expanded", String(editor !== null));
    host.keptButton.hidden = this.mine === null || editor !== null;
    host.bar.hidden = host.state === "idle" && !editor && this.mine === null && this.undone === null;
    this.undoButton.hidden = this.undone === null;
    this.shareButton.hidden = !editor || !("CompressionStream" in globalThis);
    host.figure.toggleAttribute("data-await-editing", editor !== null);
    const program = editor?.code ?? this.program.code;
    if (this.input) this.input.box.hidden = !READS.test(program);
    const isMine = host.figure.dataset.awaitShown === "mine";
    // Of shuffled lines the page shows no run.
    this.stale.hidden = program === (isMine ? this.ran : this.program.code) || (this.order !== null && !isMine);
    this.stale.textContent = this.stale.hidden ? "" : page.say(isMine ? "stale_mine" : "stale_built");
  }

  press() {
    if (this.isBusy) void this.stop();
    else this.start();
  }

  start() {
    this.over = this.run();
  }

  /** Stop the run; resolves when it has ended. */
  async stop() {
    if (!this.isBusy) return;
    this.isWanted = false;
    this.halt();
    await this.over;
  }

  async run() {
    const { page, host } = this;
    const { say } = page;
    const before = page.active;
    page.active = this;
    this.isWanted = true;
    /** @type {Promise<null>} */
    const halted = new Promise((resolve) => { this.halt = () => resolve(null); });
    const code = this.editor?.code ?? this.program.code;
    this.numbers = this.numbersOf(code);
    host.removeAttribute("outcome");
    this.enter("loading");
    this.progress.removeAttribute("value");
    this.refresh();
    this.mark(null);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let limit;
    host.announce(say("starting"));
    const pressedAt = scrollY;
    let hasOutput = false;
    const opened = this.openView().then(() => {
      this.view?.begin(pressedAt);
      if (hasOutput || !this.isBusy) this.view?.arrive(); // the run was faster than the script
    });
    if (READS.test(code)) {
      await opened;
      if (!this.hasInput()) return this.end(say("needs_input"));
    }
    await before?.stop();
    try {
      const runtime = await Promise.race([loadRuntime(page), halted]);
      if (!runtime) giveUpRuntime(page);
      if (!runtime || !this.isWanted) return this.end(say("stopped_early"));
      const { runner, course: { explanations = [], ...course }, OutputLog } = runtime;
      this.halt = () => runner.stop();
      const { name, before, checks, feedback, hangs, stops, in_loop } = this.program;
      const { last_values, alt } = /** @type {import("./live-runner.js").Program} */ (/** @type {unknown} */ (this.program));
      // An edited program may end after all, or take its time.
      const seconds = code === this.program.code ? (hangs ?? stops) : null;
      this.hung = null;
      const tests = checks.map(({ test }) => test);
      const parts = [...before, code];
      const program = { ...course, name, parts, in_loop, last_values, shown: this.numbers, checks: tests, feedback,
        start: this.program.code, // an answer that only prints solves no exercise that begins with more
        alt: code === this.program.code ? alt : undefined, // an edited program may display something else
        input: READS.test(code) ? this.input?.text : undefined };
      const attempt = async () => {
        const log = new OutputLog(page, `${this.program.title}: ${say("output")}`);
        const result = await runner.run(/** @type {import("./live-runner.js").Program} */ (program), {
          onProgress: (loaded, total) => this.showProgress(loaded, total),
          onStart: () => {
            this.showLog(log, code);
            if (!seconds) return;
            limit = setTimeout(() => {
              this.hung = seconds;
              runner.stop();
            }, seconds * 1000);
          },
          onOutput: (output) => {
            log.add(output);
            hasOutput = true;
            this.view?.arrive();
          },
          onNotice: (kind) => host.announce(say(kind === "waits-for-ever" ? "waits" : kind)),
          onResume: () => host.announce(say("running")),
        });
        if (result.error !== null) throw new Error(result.error);
        log.flush();
        return { result, log };
      };
      let { result, log } = await attempt();
      for (let left = RETRIES; result.doubtful && !result.stopped && left > 0; left -= 1) {
        host.announce(say("retry"));
        ({ result, log } = await attempt());
      }
      if (!result.recording) return this.end(say("stopped_early"));
      const meaning = this.script?.explain(explanations, result.recording, result.lines ?? []) ?? null;
      const ending = this.finish(result, result.recording, log, code, runtime, meaning);
      this.end(ending, result.stopped ? "stopped" : hasFailed(result.recording) ? "failed" : "ended");
    } catch (error) {
      this.end(say("off", { reason: reasonOf(error) }), "failed");
    } finally {
      clearTimeout(limit);
    }
  }

  /** Load what keeps the reader and the result together. A run needs it not: where it does not load, it is missing. */
  async openView() {
    try {
      /** @type {RunViewScript} */
      const script = (this.script ??= await this.page.importScript(RUN_VIEW));
      await script.loadStyle(this.page);
      this.view ??= new script.RunView(this.page, this.host);
    } catch {
      // the next run tries again
    }
  }

  /** Whether a program that reads has something to read; else there is a field for it now. */
  hasInput() {
    if (this.input || !this.script) return true;
    this.input = new this.script.InputField(this.page, this.program.title, /** @type {{ stdin?: string | null }} */ (this.program).stdin ?? "");
    this.host.bar.before(this.input.box);
    if (!this.input.text) this.input.field.focus();
    return this.input.text !== "";
  }

  /** @param {string} status how the run ended @param {string} [outcome] the same in a word, for eyes */
  end(status, outcome) {
    this.host.announce(status);
    if (outcome) this.host.setAttribute("outcome", outcome);
    this.enter("ended");
    this.view?.arrive();
    if (this.page.active === this) this.page.active = null;
  }

  /** @param {number} loaded @param {number} total bytes */
  showProgress(loaded, total) {
    this.progress.max = total;
    this.progress.value = loaded;
    // Only full megabytes change the text, since a screen reader reads out each change.
    const values = { loaded: Math.floor(loaded / 1e6), total: (total / 1e6).toFixed(1) };
    const status = this.page.say("loading", values);
    this.progress.setAttribute("aria-label", status);
    this.host.announce(status);
  }

  /** @param {OutputLog} log @param {string} code the program that prints it */
  showLog(log, code) {
    const { say } = this.page;
    this.enter("running");
    this.ran = code;
    this.closePlayer();
    this.panel.replaceChildren();
    const count = this.program.before.length;
    if (count) this.panel.append(this.note(say("earlier", { count })));
    this.panel.append(log.box);
    this.choice.hidden = this.panel.hidden = false;
    this.show("mine");
    this.host.announce(say("running"));
  }

  /**
   * Show the result of a run, and return in words how it ended.
   * @param {Result} result @param {Recording} recording @param {OutputLog} log @param {string} code
   * @param {Runtime} runtime @param {string | null} meaning of Python's message
   */
  finish(result, recording, log, code, runtime, meaning) {
    const { make, say } = this.page;
    const { safePicture } = runtime;
    const { svg, words: description, stopped, checks, lines, displays, steps, unfinished } = result;
    if (this.host.state === "loading") this.showLog(log, code);
    if (lines) log.showLines(lines, displays);
    if (recording.truncated && !recording.omitted) this.panel.append(this.note(say("more")));
    if (log.isEmpty) log.box.replaceWith(this.note(say("silent")));
    if (meaning) this.panel.append(this.note(meaning, "await-means"));
    const isSolved = Boolean(checks?.length) && !stopped && checks?.every((passed) => passed === true);
    if (checks?.length) {
      this.panel.append(this.verdicts(this.program.checks, checks), ...this.feedbackOf(result));
      const detail = { isSolved, isTried: isSolved || code.trim() !== this.program.code.trim() };
      this.host.dispatchEvent(new CustomEvent("await-judged", { bubbles: true, detail }));
    }
    if (stopped && unfinished?.length) this.panel.append(this.listed(say("unfinished"), unfinished));
    const picture = safePicture(svg, this.program.name);
    if (picture.hasChildNodes()) {
      // The id of a run means nothing to those who hear it.
      picture.querySelector(".await-drawing")?.setAttribute("aria-label", `${this.program.title}: ${say("mine")}`);
      const box = make("div", "await-picture");
      box.append(picture);
      if (steps) box.append(this.stepButton(steps, box, code));
      const compare = this.script?.compareButton(this, runtime, recording);
      if (compare) box.append(compare);
      if (description) box.append(this.folded(description, result.table ?? null, recording));
      this.panel.append(box);
    }
    const seconds = recording.wall.toFixed(3);
    // The time is exactly 0 only if the run was stopped during the programs before this one.
    if (stopped && !recording.wall) return say("stopped_early");
    const facts = make("p", "await-facts");
    facts.textContent = `${say("took", { number: seconds })} · ${recording.python}, ${recording.platform}`;
    this.panel.append(facts);
    const hosts = recording.stand_ins?.map(({ host }) => host).join(", ");
    if (hosts) this.panel.append(this.note(say("stand_ins", { hosts })));
    if (stopped && this.hung && this.program.hangs) return say("hung", { seconds: this.hung });
    if (stopped) return say("stopped", { seconds });
    return isSolved ? say("solved") : this.ending(recording, seconds);
  }

  /** @param {Steps} steps @param {Element} picture @param {string} code the program that ran */
  stepButton(steps, picture, code) {
    const { page, host } = this;
    const button = page.button("await-step", page.say("step"), () => void press());
    button.setAttribute("aria-expanded", "false");
    let isLoading = false;
    const press = async () => {
      if (isLoading) return;
      isLoading = true;
      if (this.player) this.closePlayer();
      else await open().catch((error) => host.announce(page.say("off", { reason: reasonOf(error) })));
      button.setAttribute("aria-expanded", String(this.player !== null));
      isLoading = false;
    };
    const open = async () => {
      /** @type {typeof import("../../sphinxext/static/sphinx-await-player.js")} */
      const { stepThrough } = await page.importScript(PLAYER);
      const name = `${this.program.title}: ${page.say("mine")}`;
      const shown = () => ((this.editor?.code ?? this.program.code).trimEnd() === code.trimEnd() ? code : null);
      const player = await stepThrough({ steps, figure: host.figure, picture, name, code: shown });
      if (!picture.isConnected) return player.close(); // another run has begun
      this.player = player;
      player.focus();
    };
    const place = page.make("div", "await-steps");
    place.append(button);
    return place;
  }

  closePlayer() {
    this.player?.close();
    this.player = null;
  }

  /** @param {Recording} recording @param {string} seconds */
  ending({ failure }, seconds) {
    const { say } = this.page;
    if (!failure) return say("ended", { seconds });
    const error = failure.message ? `${failure.type}: ${failure.message}` : failure.type;
    const line = this.numbers[(failure.line ?? 0) - 1];
    if (!line) return say("wrong_somewhere", { error });
    this.mark(failure.line);
    return say("wrong", { error, line });
  }

  /** The lines of a program that are to be put in order; null for any other. */
  get order() {
    const { order = null } = /** @type {{ order?: import("./line-order.js").Order }} */ (/** @type {unknown} */ (this.program));
    return order;
  }

  /** The program in the page. */
  get shownCode() {
    const { figure } = this.host;
    // The first <pre> of a table has the numbers.
    return figure.querySelector(".await-code td.code pre") ?? figure.querySelector(".await-code pre");
  }

  /** For each line of a program the number that the reader sees beside it, or null. @param {string} code */
  numbersOf(code) {
    return (!this.editor && this.program.shown) || code.split("\n").map((_, index) => index + 1);
  }

  /** Mark a line of the program, or none. @param {number | null} line */
  mark(line) {
    if (this.editor) return this.editor.mark(line);
    const registry = "highlights" in CSS ? CSS.highlights : null;
    if (this.marked) registry?.get(WRONG)?.delete(this.marked);
    this.marked = null;
    const shown = this.shownCode;
    if (!registry || line === null || !shown) return;
    this.marked = lineOf(shown, line, this.program.code);
    if (!this.marked) return;
    if (!registry.has(WRONG)) registry.set(WRONG, new Highlight());
    registry.get(WRONG)?.add(this.marked);
  }

  /** @param {"mine" | "built"} which */
  show(which) {
    this.host.figure.dataset.awaitShown = which;
    this.mineButton.setAttribute("aria-pressed", String(which === "mine"));
    this.builtButton.setAttribute("aria-pressed", String(which === "built"));
    this.refresh();
  }

  async toggleEditor() {
    if (this.editor) return this.closeEditor();
    const editor = await this.openEditor(this.mine ?? this.program.code);
    if (editor && this.mine !== null) this.host.announce(this.page.say(this.isOlder ? "kept_older" : "kept"));
    editor?.focus();
  }

  /**
   * Open an editor in place of the open one; null if it could not be loaded, which is announced, or another one was
   * requested meanwhile.
   * @param {string} code @param {boolean} [isGuest] whether the program is not to be kept
   * @returns {Promise<Editor | null>}
   */
  async openEditor(code, isGuest = false) {
    const { page, host } = this;
    const turn = (this.turn += 1);
    host.editButton.disabled = true;
    const wanted = {
      parent: this.desk,
      code,
      label: `${this.program.title}: ${page.say("editor")}`,
      onChange: (/** @type {string} */ text) => this.keep(text),
    };
    try {
      const editor = (await this.openLines(wanted)) ?? (await this.openText(wanted));
      if (turn === this.turn) return this.takeEditor(editor, isGuest);
      editor.destroy();
    } catch (error) {
      if (turn !== this.turn) return null;
      host.editButton.disabled = false;
      host.announce(page.say("off", { reason: reasonOf(error) }));
    }
    return null;
  }

  /** @param {import("./editor.js").Wanted} wanted @returns {Promise<Editor>} */
  async openText(wanted) {
    const { page } = this;
    const { openEditor } = await page.importScript(EDITOR);
    return openEditor(page.has(CODEMIRROR) ? () => page.importScript(CODEMIRROR) : null, wanted);
  }

  /**
   * Null for a program whose lines are not to be put in order.
   * @param {import("./editor.js").Wanted} wanted @returns {Promise<Editor | null>}
   */
  async openLines(wanted) {
    if (!this.order) return null;
    const { openLines } = await this.page.importScript(LINE_ORDER);
    return openLines(this.page, wanted, this.order, this.shownCode);
  }

  /** @param {Editor} editor @param {boolean} isGuest */
  takeEditor(editor, isGuest) {
    this.closeEditor();
    this.mark(null);
    this.editor = editor;
    this.isGuest = isGuest;
    this.refresh();
    return editor;
  }

  closeEditor() {
    this.turn += 1;
    this.host.editButton.disabled = false;
    this.editor?.destroy();
    this.editor = null;
    this.isGuest = false;
    this.dropLink();
    // The program of the page is shown again: so is its output, if the reader's is of another program.
    if (this.ran !== null && this.ran !== this.program.code && !this.isBusy) this.show("built");
    if (this.host.state === "idle" && this.mine !== null) this.host.announce(this.page.say("has_edits"));
    this.refresh();
  }

  /** @param {string} code */
  keep(code) {
    if (this.isGuest) return this.refresh();
    this.mine = code === this.program.code ? null : code;
    if (this.mine !== null) this.undone = null;
    this.isOlder = false;
    const isKept = this.page.edits.set(this.program, this.mine) || this.mine === null;
    if (!isKept) this.host.announce(this.page.say("unkept"));
    else if (this.isUnkept && this.mine !== null) this.host.announce(this.page.say("kept"));
    this.isUnkept = !isKept;
    if (isKept) this.dropLink();
    this.refresh();
  }

  /** Take the link whose program was shown out of the address. */
  dropLink() {
    if (this.hash && location.hash === this.hash) history.replaceState(history.state, "", location.pathname + location.search);
    this.hash = "";
  }

  /** Let go of what outlives a figure that is taken out of the page, or moved: then its link is opened again. */
  leave() {
    this.hash = "";
    void this.stop();
    this.closeEditor();
    this.mark(null);
  }

  /** Show the figure as it was built. The reader's program can be brought back. */
  async reset() {
    await this.stop();
    const given = this.editor?.code ?? this.mine ?? this.program.code;
    this.keep(this.program.code);
    this.undone = given === this.program.code ? null : given;
    this.closeEditor();
    this.mark(null);
    this.closePlayer();
    this.panel.replaceChildren();
    this.ran = null;
    this.choice.hidden = this.panel.hidden = true;
    delete this.host.figure.dataset.awaitShown;
    this.host.removeAttribute("outcome");
    this.host.status.textContent = this.undone === null ? "" : this.page.say("is_reset");
    this.enter("idle");
    this.refresh();
    this.host.editButton.focus();
  }

  /** Bring the reader's program back that they have given up. */
  async undo() {
    const code = this.undone ?? this.program.code;
    const editor = await this.openEditor(code);
    if (!editor) return;
    this.keep(code);
    this.host.announce(this.page.say("kept"));
    editor.focus();
  }

  /** Copy a link with the program, or put it into the address bar. */
  async share() {
    const { page, host } = this;
    const code = this.editor?.code ?? this.program.code;
    const shareLink = await this.importShareLink();
    if (!shareLink) return;
    if (code.length > shareLink.LONGEST) return host.announce(page.say("too_long"));
    const link = new URL(location.href);
    link.hash = `await-live=${this.program.name}.${await shareLink.pack(code)}`;
    try {
      await navigator.clipboard.writeText(link.href);
      host.announce(page.say("copied"));
    } catch {
      history.replaceState(null, "", link);
      host.announce(page.say("linked"));
    }
  }

  /** Null if it could not be loaded, which is announced. @returns {Promise<typeof import("./share-link.js") | null>} */
  async importShareLink() {
    try {
      return await this.page.importScript(SHARE_LINK);
    } catch (error) {
      this.host.announce(this.page.say("off", { reason: reasonOf(error) }));
      return null;
    }
  }

  /**
   * Show the program of a link. It stays in the address, so that a reload shows it again, until the program is edited
   * and kept, or closed. It runs only when the reader presses, and the reader's own edits are kept.
   * @param {string} packed
   */
  async openLink(packed) {
    const { page, host } = this;
    const { hash } = location;
    const shareLink = await this.importShareLink();
    if (!shareLink) return;
    const code = await shareLink.unpack(packed);
    if (location.hash !== hash) return;
    if (code === null) return host.announce(page.say("broken"));
    this.takeEdits();
    const isGuest = this.mine !== null && this.mine !== code;
    this.hash = ""; // an editor that shows this very link is closed, and the link stays in the address
    if (!(await this.openEditor(code, isGuest))) return;
    this.hash = hash;
    host.closest("details")?.setAttribute("open", "");
    host.figure.scrollIntoView({ block: "start" });
    host.announce(page.say(isGuest ? "shared_beside" : "shared"));
  }

  /** @param {string} text @param {string} [kind] a class of its own */
  note(text, kind = "") {
    const note = this.page.make("p", `await-note ${kind}`.trim());
    note.textContent = text;
    return note;
  }

  /** Sentences below one that introduces them. @param {string} text @param {string[]} sentences */
  listed(text, sentences) {
    const box = this.page.make("div", "await-hanging");
    const list = this.page.make("ul", "");
    for (const sentence of sentences) {
      const item = this.page.make("li", "");
      item.textContent = sentence;
      list.append(item);
    }
    box.append(this.note(text), list);
    return box;
  }

  /**
   * The description of a picture, its table and the recording, folded.
   * @param {string} text @param {string[][] | null} table the heads first @param {Recording} recording
   */
  folded(text, table, recording) {
    const fold = this.page.make("details", "await-words");
    const summary = this.page.make("summary", "");
    summary.textContent = this.page.say("picture");
    fold.append(summary, this.note(text));
    const { script } = this;
    if (script && table && table.length > 1) fold.append(script.tableOf(this.page, table));
    if (script) fold.append(script.download(this.page, `${this.program.title}.json`, recording));
    return fold;
  }

  /** What is said of a program that does not solve its exercise. @param {Result} result */
  *feedbackOf({ feedback, doubtful }) {
    if (doubtful) yield this.note(this.page.say("late"));
    if (!feedback) return;
    const box = this.page.make("div", "await-told", { "aria-live": "polite" });
    const exercise = this.host.closest(".await-exercise");
    const sentence = exercise?.querySelector(`.await-feedback[data-await-index="${feedback.index ?? ""}"]`);
    /** @type {Node[]} */
    let said = [];
    if (sentence) {
      const copy = /** @type {Element} */ (sentence.cloneNode(true));
      for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
      said = [...copy.childNodes];
    } else said = [withCode(this.page, feedback.words)];
    // A screen reader says what comes into a place that is there.
    setTimeout(() => box.append(...said), FILLED_AFTER);
    yield box;
  }

  /** @param {Check[]} checks @param {(boolean | null)[]} passed null: the run does not show it */
  verdicts(checks, passed) {
    const { make, say } = this.page;
    const list = make("ul", "await-checks");
    checks.forEach(({ hint }, index) => {
      const verdict = passed[index] === null ? "unjudged" : passed[index] ? "passed" : "missed";
      const item = make("li", `await-${verdict}`);
      item.textContent = `${say(verdict)}: ${hint}`;
      list.append(item);
    });
    return list;
  }
}

/** Whether a program ended by an exception or with an exit status other than 0. @param {Recording} recording */
const hasFailed = ({ failure, exit = 0 }) => failure !== null || exit !== 0;

/** A paragraph of a sentence in which code is between backticks. @param {Page} page @param {string} text */
function withCode(page, text) {
  const paragraph = page.make("p", "");
  for (const [index, part] of text.split("`").entries()) {
    const piece = index % 2 ? page.make("code", "") : document.createTextNode("");
    piece.textContent = part;
    paragraph.append(piece);
  }
  return paragraph;
}

/**
 * The range of a line in a program that the page shows; null if the page shows other text.
 * @param {Element} shown @param {number} line @param {string} code
 */
function lineOf(shown, line, code) {
  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let text = "";
  let current = 1;
  let hasStarted = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest(".linenos, .gp, .go")) continue;
    const data = node.nodeValue ?? "";
    for (let at = 0; at < data.length; at += 1) {
      if (current === line && !hasStarted) {
        range.setStart(node, at);
        hasStarted = true;
      }
      if (current === line && data[at] !== "\n") range.setEnd(node, at + 1);
      if (data[at] === "\n") current += 1;
    }
    text += data;
  }
  return hasStarted && text.trimEnd() === code.trimEnd() ? range : null;
}
