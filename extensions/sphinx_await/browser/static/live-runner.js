/**
 * Runs programs in the reader's browser: loads the runtime once and keeps its frame.
 *
 * The frame has an opaque origin and a policy that lets it reach nothing; its messages are data.
 *
 * @typedef {{page: string, delay: number, status: number, content_type: string}} Host
 * @typedef {{parts: string[], name: string, hosts: Record<string, Host>, labels?: Record<string, string>,
 *   input?: string, limit?: number, in_loop?: number[], last_values?: number[], alt?: (string | null)[],
 *   shown?: (number | null)[], checks?: string[], feedback?: string[], start?: string}} Program
 * @typedef {{at: number, stream: "stdout" | "stderr", text: string, task: number | null}} Output
 * @typedef {{recording: any, svg: string, words: string, stopped: boolean, error: string | null,
 *   checks?: (boolean | null)[], feedback?: { index: number | null, words: string } | null, doubtful?: boolean,
 *   table?: string[][] | null, unfinished?: string[], lines?: import("./output-log.js").Line[],
 *   displays?: import("./output-log.js").Display[],
 *   steps?: import("../../sphinxext/static/sphinx-await-player.js").Steps | null}} Result
 * @typedef {{onProgress?(loaded: number, total: number): void, onStart?(): void, onOutput?(output: Output): void,
 *   onNotice?(kind: "waits-for-ever" | "busy" | "computing"): void, onResume?(): void}} Listeners
 * @typedef {{files: Record<string, {name: string, size: number}>, modules: string[], lock: object,
 *   settings: object}} Manifest
 */

/**
 * @template T
 * @typedef {{promise: Promise<T>, resolve(value: T): void, reject(reason: Error): void}} Pending
 */

/** The parts that every program needs, and the part that only some need. */
const PARTS = ["worker", "loader", "engine", "wasm", "stdlib", "project"];
const WEB = "web";
/** Milliseconds without a message after which a program is called busy, and without a byte after which loading fails. */
const BUSY = 3000;
const STALLED = 30_000;
/** Milliseconds of the longest timer that browsers have. */
const LONGEST = 2 ** 31 - 1;
const POLICY =
  "default-src 'none'; connect-src 'none'; worker-src blob:; " +
  "script-src 'nonce-NONCE' 'wasm-unsafe-eval' blob:; form-action 'none'; base-uri 'none'";

/** The smallest module of WebAssembly. */
const SMALLEST_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

export class Runner {
  /** @type {Promise<HTMLIFrameElement> | undefined} */ #frame;
  /** @type {Promise<Manifest> | undefined} */ #manifest;
  /** @type {Promise<void> | undefined} */ #web;
  /** @type {HTMLIFrameElement | undefined} */ #element;
  /** @type {((message: any) => void)} */ #hear = () => {};
  /** @type {((message: any) => void)} */ #hearCompared = () => {};
  /** @type {(() => void) | undefined} */ #stop;
  /** @type {(() => void) | undefined} */ #end;
  #progress = () => {};
  /** Whether the runtime comes over the network, not from the browser's cache. */ #isDownloading = false;
  /** @type {Map<string, number>} */ #loaded = new Map();
  #base;
  #disposed = new AbortController();
  /** Aborts everything that is fetched and made for one frame. */
  #attempt = new AbortController();

  /** @param {string} base URL of the folder with manifest.json */
  constructor(base) {
    this.#base = new URL(base.endsWith("/") ? base : `${base}/`, document.baseURI);
    addEventListener("message", (event) => this.#message(event), { signal: this.#disposed.signal });
  }

  /**
   * Run a program; one at a time.
   *
   * @param {Program} program
   * @param {Listeners} listeners `busy`: its event loop is blocked, `computing`: it
   *   has none; `onResume`: it goes on
   * @returns {Promise<Result>} resolves when it has ended, was stopped, or the runtime failed
   */
  async run(program, listeners = {}) {
    /** @type {Result} */
    const nothing = { recording: null, svg: "", words: "", stopped: false, error: null };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let busy;
    /** @type {Pending<Result>} */
    const until = withResolvers();
    this.#end = this.#stop = () => until.resolve({ ...nothing, stopped: true });
    let isBusy = false;
    let isInLoop = false;
    const notice = () => {
      isBusy = true;
      listeners.onNotice?.(isInLoop ? "busy" : "computing");
    };
    const alive = (/** @type {number | null} */ wait) => {
      clearTimeout(busy);
      if (isBusy) listeners.onResume?.();
      isBusy = false;
      if (wait !== null) busy = setTimeout(notice, Math.min(BUSY + wait * 1000, LONGEST));
    };
    try {
      const preparing = this.#prepare(program, listeners);
      preparing.catch(() => {}); // it is not awaited after a stop
      const prepared = await Promise.race([preparing, until.promise]);
      if (!("frame" in prepared)) return prepared;
      const { frame, web } = prepared;
      this.#stop = () => frame.contentWindow?.postMessage({ op: "stop" }, "*");
      this.#hear = (message) => {
        if (message.op === "started") {
          listeners.onStart?.();
          alive(0);
        } else if (message.op === "output") {
          isInLoop = message.isInLoop;
          alive(message.wait);
          for (const output of message.outputs) listeners.onOutput?.(output);
        } else if (message.op === "over") clearTimeout(busy);
        else if (message.op === "notice") listeners.onNotice?.(message.value);
        else if (message.op === "result") {
          const { text, stopped, error } = message;
          until.resolve({ ...nothing, ...(text ? JSON.parse(text) : {}), stopped, error });
        }
      };
      frame.contentWindow?.postMessage({ op: "run", program: { ...program, web } }, "*");
      return await until.promise;
    } catch (error) {
      this.#forget();
      return { ...nothing, error: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(busy);
      this.#hear = () => {};
      this.#stop = this.#end = undefined;
    }
  }

  /**
   * Draw recordings on one axis, after a program has run; one picture at a time, and while no program runs.
   *
   * @param {{name: string, labels?: Record<string, string>, compared: {heading: string, recording: string,
   *   shown?: (number | null)[] | null}[]}} asked
   * @returns {Promise<{svg: string, words: string}>}
   * @throws {Error} it could not be drawn
   */
  async compare(asked) {
    const frame = await this.#frame;
    if (!frame) throw new Error("no program has run");
    return new Promise((resolve, reject) => {
      this.#hearCompared = ({ text, error }) => (error ? reject(new Error(error)) : resolve(JSON.parse(text)));
      frame.contentWindow?.postMessage({ op: "compare", asked }, "*");
    });
  }

  /** Stop the program that runs; its promise resolves with what was recorded so far. */
  stop() {
    this.#stop?.();
  }

  /** Stop the program and remove the frame. */
  dispose() {
    this.#disposed.abort();
    this.#end?.();
    this.#forget();
  }

  #forget() {
    this.#attempt.abort();
    this.#attempt = new AbortController();
    this.#element?.remove();
    this.#element = this.#frame = this.#web = this.#manifest = undefined;
    this.#loaded.clear();
  }

  /** @param {MessageEvent} event */
  #message(event) {
    if (!event.source || event.source !== this.#element?.contentWindow) return;
    if (event.data.op === "compared") this.#hearCompared(event.data);
    else this.#hear(event.data);
  }

  /** @param {Program} program @param {Listeners} listeners */
  async #prepare(program, listeners) {
    /** @type {Pending<never>} */
    const late = withResolvers();
    const stalled = () => late.reject(new Error("the runtime did not load in time"));
    let timer = setTimeout(stalled, STALLED);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALLED);
    };
    try {
      return await Promise.race([this.#bring(program, listeners, alive), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * @param {Program} program
   * @param {Listeners} listeners
   * @param {() => void} alive called when something has arrived
   */
  async #bring(program, listeners, alive) {
    if (!this.#frame) checkPolicy();
    this.#manifest ??= this.#get("manifest.json", "no-cache").then(async (got) => got.json());
    const manifest = await this.#manifest;
    const web = program.parts.some((code) => imports(code, manifest.modules));
    const wanted = ["frame", ...PARTS, ...(web ? [WEB] : [])];
    const total = wanted.reduce((sum, part) => sum + manifest.files[part].size, 0);
    let isReported = false;
    const progress = () => {
      alive();
      const loaded = wanted.reduce((sum, part) => sum + (this.#loaded.get(part) ?? 0), 0);
      if (!this.#isDownloading || loaded >= total) return;
      isReported = true;
      listeners.onProgress?.(loaded, total);
    };
    progress();
    this.#progress = progress;
    this.#frame ??= this.#open(manifest);
    if (web) this.#web ??= this.#bringWeb(manifest);
    try {
      const [frame] = await Promise.all([this.#frame, web ? this.#web : undefined]);
      if (isReported) listeners.onProgress?.(total, total);
      return { frame, web };
    } finally {
      if (this.#progress === progress) this.#progress = () => {};
    }
  }

  /** Make the frame, and pass it the parts as they arrive. @param {Manifest} manifest */
  async #open(manifest) {
    const { signal } = this.#attempt;
    // Browsers make a process for the frame, which takes as long as unpacking the parts.
    const script = this.#fetch(manifest, "frame").then((file) => {
      this.#isDownloading = !isFromCache(new URL(manifest.files.frame.name, this.#base).href);
      return file;
    });
    const brought = PARTS.map((part) => this.#fetch(manifest, part, script));
    for (const one of brought) one.catch(() => {}); // the first failure is reported
    const element = await this.#up(await (await script).text(), signal);
    hand(element, "lock", manifest.lock);
    hand(element, "settings", manifest.settings);
    await Promise.all(PARTS.map(async (part, index) => hand(element, part, await brought[index])));
    return element;
  }

  /** @param {Manifest} manifest */
  async #bringWeb(manifest) {
    const web = await this.#fetch(manifest, WEB);
    hand(await /** @type {Promise<HTMLIFrameElement>} */ (this.#frame), WEB, web);
  }

  /** Make the frame; resolves when its script runs. @param {string} script @param {AbortSignal} signal */
  async #up(script, signal) {
    signal.throwIfAborted(); // there may be a newer frame
    const element = document.createElement("iframe");
    const nonce = crypto.getRandomValues(new Uint32Array(4)).join("");
    element.setAttribute("sandbox", "allow-scripts");
    element.hidden = true;
    element.title = "";
    const policy = POLICY.replace("NONCE", nonce);
    element.srcdoc =
      `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `<script nonce="${nonce}">${script}</script>`;
    this.#element = element;
    await new Promise((resolve) => {
      const hear = (/** @type {MessageEvent} */ event) => {
        if (event.source !== element.contentWindow) return;
        removeEventListener("message", hear);
        resolve(null);
      };
      addEventListener("message", hear, { signal });
      document.body.append(element);
    });
    return element;
  }

  /**
   * @param {Manifest} manifest
   * @param {string} part
   * @param {Promise<unknown>} [first] awaited before the part is read and unpacked
   * @returns {Promise<Blob>}
   */
  async #fetch(manifest, part, first) {
    const { name } = manifest.files[part];
    const got = await this.#get(name);
    await first;
    const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (got.body).getReader();
    const read = async () => {
      const { done, value } = await reader.read();
      this.#loaded.set(part, (this.#loaded.get(part) ?? 0) + (value?.byteLength ?? 0));
      this.#progress();
      return done ? undefined : value;
    };
    return new Response(unpacked(await read(), read)).blob();
  }

  /**
   * A file of the runtime. The names of all but the manifest change with their content.
   *
   * @param {string} name
   * @param {RequestCache} [cache]
   */
  async #get(name, cache) {
    const { signal } = this.#attempt;
    const url = new URL(name, this.#base);
    const got = await fetch(url, { credentials: "same-origin", cache, signal });
    if (!got.ok) throw new Error(`${url.pathname}: ${got.status}`);
    return got;
  }
}

/**
 * Check that the page's policy allows what the frame needs, which inherits it.
 *
 * @throws {Error} it does not; a frame that cannot run its script would never answer
 */
function checkPolicy() {
  const script = document.createElement("script");
  script.textContent = "document.currentScript.dataset.hasRun = ''";
  document.head.append(script);
  script.remove();
  const missing = "hasRun" in script.dataset ? allowsWebAssembly() ? "" : "'wasm-unsafe-eval'" : "'unsafe-inline'";
  if (missing) throw new Error(`the page's Content-Security-Policy must allow ${missing} in script-src`);
}

/** Whether WebAssembly is there and allowed. */
function allowsWebAssembly() {
  try {
    return Boolean(new WebAssembly.Module(SMALLEST_MODULE));
  } catch {
    return !("WebAssembly" in globalThis); // the worker reports that it is missing
  }
}

/** Whether the body of a file that has arrived was not transferred, at most asked for again. @param {string} url */
function isFromCache(url) {
  const timing = performance.getEntriesByName(url).at(-1);
  return timing instanceof PerformanceResourceTiming && timing.transferSize < timing.encodedBodySize;
}

/**
 * Whether a program imports one of the modules: its name follows `import` or `from` on a line.
 *
 * @param {string} code @param {string[]} modules
 */
function imports(code, modules) {
  const names = new RegExp(`\\b(?:${modules.join("|")})\\b`);
  const lines = code.replaceAll("\\\n", " ").split("\n");
  return lines.some((line) => names.test(/(?:import|from)(.*)/.exec(line)?.[1] ?? ""));
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {string} name
 * @param {any} value a blob goes to another process without being copied on the way
 */
function hand(frame, name, value) {
  frame.contentWindow?.postMessage({ op: "part", name, value }, "*");
}

/**
 * Unpack a file, which may have been unpacked already because of a header of the server.
 *
 * @param {Uint8Array<ArrayBuffer> | undefined} first its first bytes
 * @param {() => Promise<Uint8Array<ArrayBuffer> | undefined>} read gives the next ones
 * @returns {ReadableStream<Uint8Array<ArrayBuffer>>}
 */
function unpacked(first, read) {
  const bytes = new ReadableStream({
    start: (controller) => (first ? controller.enqueue(first) : controller.close()),
    pull: async (controller) => {
      const next = await read();
      if (next) controller.enqueue(next);
      else controller.close();
    },
  });
  const isPacked = first?.[0] === 0x1f && first[1] === 0x8b;
  return isPacked ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
}

function withResolvers() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
