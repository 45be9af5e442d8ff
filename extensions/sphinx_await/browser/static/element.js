// @ts-check
/**
 * `<await-live>`: buttons that run and edit the program of a figure.
 *
 * The page is complete without this script. Before the first press nothing but this file and its style sheet is
 * loaded; the press loads `workbench.js`, which does the work. The state is visible in the page: the attributes `state`
 * (`idle`, `loading`, `running`, `ended`) and `edited` of the element, `data-await-shown` of the figure.
 *
 * Scripts do not import each other. Each is imported here, by the address with its version that the page names, and is
 * handed what it needs as `Page`. A browser remembers for the life of a page that a module failed; so a script that
 * failed is requested again under another address.
 *
 * @typedef {import("./words.js").Word} Word
 * @typedef {import("./workbench.js").Workbench} Workbench
 * @typedef {{ test: string, hint: string }} Check
 * @typedef {{ name: string, title: string, key: string, code: string, before: string[], in_loop: number[], only: string,
 *   shown: (number | null)[] | null, checks: Check[], feedback: string[], hangs: number | null, stops: number | null }} Program
 * @typedef {typeof page} Page
 */

const tag = document.querySelector("script[data-await-live]");
/** @type {{ files: Record<string, string | null>, words: Record<string, string> }} */
const { files, words } = JSON.parse(tag?.getAttribute("data-await-live") ?? '{"files":{},"words":{}}');
const BASE = new URL("./", import.meta.url);
const WORKBENCH = "workbench.js";
/** What the names of stored edits begin with; and what they did, when equal programs shared their edits. */
const PAGE = `sphinx-await-edits:${location.pathname.replace(/\.html$/, "").replace(/\/index$/, "/")}#`;
const OLD = "sphinx-await-program-";
const OLD_PAGE = `${OLD}${location.pathname.replace(/index\.html$/, "")}#`;
const LINK = /^#await-live=([\w-]+)\.([\w-]+)$/;
/** Milliseconds to wait for a file. */
const PATIENCE = 30_000;

/** @param {Word} word @param {Record<string, string | number>} [values] */
const say = (word, values = {}) =>
  (words[word] ?? word).replace(/\{(\w+)\}/g, (field, name) => String(values[name] ?? field));

/**
 * How often each file failed or was given up.
 * @type {Record<string, number>}
 */
const failures = {};

/** Request a file by a new address the next time. @param {string} name */
function giveUp(name) {
  failures[name] = (failures[name] ?? 0) + 1;
}

/** @param {string} name */
function address(name) {
  const url = new URL(files[name] ?? name, BASE);
  if (failures[name]) url.searchParams.set("again", String(failures[name]));
  return url.href;
}

/**
 * Load a file.
 * @template T
 * @param {string} name @param {(url: string) => Promise<T>} get @returns {Promise<T>}
 * @throws {Error} it failed or took too long
 */
async function load(name, get) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} did not load in time`)), PATIENCE);
  });
  try {
    return await Promise.race([get(address(name)), late]);
  } catch (error) {
    giveUp(name);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

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

/** @param {string} classes @param {string} text @param {() => void} press */
function button(classes, text, press) {
  const made = make("button", `await-button ${classes}`, { type: "button" });
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {Program} program */
const placeOf = ({ name }) => PAGE + name;

/** Whether edits of this page are elsewhere than where their programs are now, or as an older version kept them. */
function isUnsettled() {
  const programs = [...document.querySelectorAll("await-live > script")].map((script) => JSON.parse(script.textContent));
  const known = new Map(programs.map((program) => [placeOf(program), program.key]));
  const old = new Set(programs.map(({ key }) => OLD + key.split(":")[0]));
  try {
    return Object.keys(localStorage).some((name) => old.has(name) || name.startsWith(OLD_PAGE) ||
      (name.startsWith(PAGE) && read(name)?.split("\n")[0] !== known.get(name)));
  } catch {
    return false;
  }
}

/**
 * The reader's edited programs stay on their device, if the browser allows that: each in the place of its program (the
 * path of the page and the name), below the key of the program that was edited.
 */
const edits = {
  /** @param {Program} program @returns {{ code: string, isOlder: boolean } | null} `isOlder`: edited from an older one */
  get(program) {
    const [, key, code] = /(.*?)\n(.*)/s.exec(read(placeOf(program)) ?? "") ?? [];
    return code === undefined ? null : { code, isOlder: key !== program.key };
  },
  /** @param {Program} program @param {string | null} code @returns {boolean} whether the browser has kept it */
  set(program, code) {
    try {
      if (code === null) localStorage.removeItem(placeOf(program));
      else localStorage.setItem(placeOf(program), `${program.key}\n${code}`);
      return true;
    } catch {
      return false;
    }
  },
  /** @type {Promise<unknown> | null} */ settled: null,
  /** Put the edits of this page where their programs are now. */
  settle() {
    this.settled ??= isUnsettled()
      ? page.importScript("settled-edits.js").then(({ settle }) => settle({ PAGE, OLD, OLD_PAGE }))
      : Promise.resolve();
    this.settled.catch(() => { this.settled = null; });
    return this.settled;
  },
};

/** What the scripts of a page share. */
const page = {
  base: BASE.href,
  say,
  make,
  button,
  edits,
  load,
  giveUp,
  /** @param {string} name */
  has: (name) => Boolean(files[name]),
  /** @param {string} name @returns {Promise<any>} */
  importScript: (name) => load(name, (url) => import(url)),
  /** One runner for all figures: its spare worker is warm for whichever program runs next. */
  runtime: /** @type {Promise<import("./workbench.js").Runtime> | null} */ (null),
  /** The figure whose program runs. */
  active: /** @type {Workbench | null} */ (null),
};

class AwaitLive extends HTMLElement {
  program = /** @type {Program} */ (/** @type {unknown} */ (null));
  figure = /** @type {HTMLElement} */ (document.body);
  /** @type {Workbench | null} */ bench = null;
  /** The run that was requested before the workbench was there. @type {object | null} */ requested = null;
  runButton = button("await-go", say("run"), () => void this.press());
  editButton = button("await-edit", say("edit"), () => void this.edit());
  keptButton = button("await-kept", say("open_kept"), () => void this.edit());
  status = make("p", "await-live-status", { role: "status" });
  bar = make("div", "await-bar");

  connectedCallback() {
    const figure = this.closest("figure");
    const text = this.querySelector("script")?.textContent;
    if (!figure || !text) return;
    if (!this.program) this.build(figure, text);
    if (this.program.only) return;
    addEventListener("hashchange", this.openLink);
    void this.openLink();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.openLink);
    if (this.requested) void this.press();
    this.bench?.leave();
  }

  /** @param {HTMLElement} figure @param {string} text */
  build(figure, text) {
    this.program = JSON.parse(text);
    this.figure = figure;
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
    this.bar.append(this.status, this.keptButton);
    this.bar.hidden = true;
    this.append(this.bar);
    this.state = "idle";
    this.editButton.setAttribute("aria-expanded", "false");
    this.keptButton.hidden = true;
    edits.settle().catch(() => {}).then(() => this.showKept());
  }

  /** Say whether there are edits, unless the workbench does. */
  showKept() {
    if (this.bench || edits.get(this.program) === null) return;
    this.keptButton.hidden = false;
    this.toggleAttribute("edited", true);
    this.announce(say("has_edits"));
  }

  /** The open editor; the copy button of the figure reads it. */
  get editor() { return this.bench?.editor ?? null; }

  get state() { return this.getAttribute("state") ?? "idle"; }

  set state(state) {
    this.setAttribute("state", state);
    const isBusy = state === "loading" || state === "running";
    this.runButton.textContent = say(isBusy ? "stop" : "run");
    this.runButton.title = `${this.runButton.textContent}: Ctrl+Enter`;
  }

  /** @param {string} text */
  announce(text) {
    this.bar.hidden = false;
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  /** Run the program, or stop it. */
  async press() {
    if (this.bench) return this.bench.press();
    if (this.requested) {
      giveUp(WORKBENCH);
      this.requested = null;
      this.state = "ended";
      return this.announce(say("stopped_early"));
    }
    const mine = (this.requested = {});
    this.state = "loading";
    this.announce(say("starting"));
    const bench = await this.open(() => this.requested === mine);
    if (this.requested !== mine) return;
    this.requested = null;
    if (bench) bench.start();
    else this.state = "ended";
  }

  async edit() {
    this.editButton.disabled = true;
    const bench = await this.open();
    this.editButton.disabled = false;
    await bench?.toggleEditor();
  }

  /** Show the program of a link to this figure. */
  openLink = async () => {
    const { hash } = location;
    const [, name, packed] = LINK.exec(hash) ?? [];
    if (name !== this.program.name || !packed) return;
    const bench = await this.open();
    if (location.hash === hash) await bench?.openLink(packed);
  };

  /**
   * The workbench; null if it could not be loaded, which is announced as long as it is wanted.
   * @param {() => boolean} isWanted
   */
  async open(isWanted = () => true) {
    try {
      if (!this.bench) {
        await edits.settle();
        const { Workbench } = await page.importScript(WORKBENCH);
        this.bench ??= new Workbench(page, this);
      }
    } catch (error) {
      if (isWanted()) this.announce(say("off", { reason: error instanceof Error ? error.message : String(error) }));
    }
    return this.bench;
  }
}

customElements.define("await-live", AwaitLive);
