/**
 * Runs programs in the reader's browser: loads the runtime once and keeps the frame in which it lives.
 *
 * The frame has an opaque origin and a policy that lets it reach nothing; what it says is data.
 *
 * @typedef {{page: string, delay: number, status: number, content_type: string}} Host
 * @typedef {{code: string, name: string, hosts: Record<string, Host>, labels?: Record<string, string>,
 *   input?: string, limit?: number, checks?: string[]}} Program
 * @typedef {{at: number, stream: "stdout" | "stderr", text: string, task: number | null}} Output
 * @typedef {{recording: any, svg: string, words: string, stopped: boolean, error: string | null,
 *   checks?: boolean[]}} Result
 * @typedef {{onProgress?(loaded: number, total: number): void, onStart?(): void, onOutput?(output: Output): void,
 *   onNotice?(kind: "waits-for-ever" | "busy"): void}} Listeners
 * @typedef {{files: Record<string, {name: string, size: number}>, modules: string[], lock: object}} Manifest
 */

/**
 * @template T
 * @typedef {{promise: Promise<T>, resolve(value: T): void, reject(reason: Error): void}} Pending
 */

/** What every program needs, and what only those that use the web do. */
const PARTS = ["frame", "worker", "loader", "engine", "wasm", "stdlib", "project"];
const WEB = "web";
/** Milliseconds without a sign of life after which a program is called busy, and that loading may take in all. */
const BUSY = 3000;
const LIMIT = 60_000;
const POLICY =
  "default-src 'none'; connect-src 'none'; worker-src blob:; " +
  "script-src 'nonce-NONCE' 'wasm-unsafe-eval' blob:; form-action 'none'; base-uri 'none'";

export class Runner {
  /** @type {Promise<HTMLIFrameElement> | undefined} */ #frame;
  /** @type {Promise<Manifest> | undefined} */ #manifest;
  /** @type {Promise<void> | undefined} */ #web;
  /** @type {HTMLIFrameElement | undefined} */ #element;
  /** @type {((message: any) => void)} */ #hear = () => {};
  /** @type {(() => void) | undefined} */ #stop;
  /** @type {Map<string, number>} */ #loaded = new Map();
  #base;
  #disposed = new AbortController();

  /** @param {string} base URL of the folder with manifest.json */
  constructor(base) {
    this.#base = new URL(base.endsWith("/") ? base : `${base}/`, document.baseURI);
    addEventListener("message", (event) => this.#message(event), { signal: this.#disposed.signal });
  }

  /**
   * Run a program; one at a time.
   *
   * @param {Program} program
   * @param {Listeners} listeners
   * @returns {Promise<Result>} when it has ended, was stopped, or the runtime failed
   */
  async run(program, listeners = {}) {
    /** @type {Result} */
    const nothing = { recording: null, svg: "", words: "", stopped: false, error: null };
    let stopped = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let busy;
    /** @type {Pending<Result>} */
    const until = withResolvers();
    this.#stop = () => {
      stopped = true;
      until.resolve({ ...nothing, stopped });
    };
    const alive = (/** @type {number | null} */ wait) => {
      clearTimeout(busy);
      if (wait !== null) busy = setTimeout(() => listeners.onNotice?.("busy"), BUSY + wait * 1000);
    };
    try {
      const { frame, web } = await inTime(this.#prepare(program, listeners), LIMIT);
      if (stopped) return await until.promise;
      this.#stop = () => frame.contentWindow?.postMessage({ op: "stop" }, "*");
      this.#hear = (message) => {
        if (message.op === "started") {
          listeners.onStart?.();
          alive(0);
        } else if (message.op === "told") {
          alive(message.wait);
          for (const output of message.outputs) listeners.onOutput?.(output);
        } else if (message.op === "notice") listeners.onNotice?.(message.value);
        else if (message.op === "result") {
          const { text, stopped, error } = message;
          until.resolve({ ...nothing, ...(text ? JSON.parse(text) : {}), stopped, error });
        }
      };
      frame.contentWindow?.postMessage({ op: "run", program: { ...program, web } }, "*");
      return await until.promise;
    } catch (error) {
      this.#forget();
      return { ...nothing, stopped, error: error instanceof Error ? error.message : String(error) };
    } finally {
      clearTimeout(busy);
      this.#hear = () => {};
      this.#stop = undefined;
    }
  }

  /** Stop the program that runs; its promise resolves with what was recorded until now. */
  stop() {
    this.#stop?.();
  }

  /** Let go of everything. */
  dispose() {
    this.#disposed.abort();
    this.#stop?.();
    this.#forget();
  }

  #forget() {
    this.#element?.remove();
    this.#element = this.#frame = this.#web = this.#manifest = undefined;
    this.#loaded.clear();
  }

  /** @param {MessageEvent} event */
  #message(event) {
    if (event.source && event.source === this.#element?.contentWindow) this.#hear(event.data);
  }

  /** @param {Program} program @param {Listeners} listeners */
  async #prepare(program, listeners) {
    this.#manifest ??= fetchAll(new URL("manifest.json", this.#base)).then(async (got) => got.json());
    const manifest = await this.#manifest;
    const web = manifest.modules.some((name) => new RegExp(`\\b${name}\\b`).test(program.code));
    const wanted = [...PARTS, ...(web ? [WEB] : [])];
    const total = wanted.reduce((sum, part) => sum + manifest.files[part].size, 0);
    const progress = () => {
      const loaded = wanted.reduce((sum, part) => sum + (this.#loaded.get(part) ?? 0), 0);
      if (loaded < total || !this.#frame) listeners.onProgress?.(Math.min(loaded, total), total);
    };
    const bringing = web ? (this.#web ??= this.#bringWeb(manifest, progress)) : undefined;
    this.#frame ??= this.#open(manifest, progress);
    const [frame] = await Promise.all([this.#frame, bringing]);
    listeners.onProgress?.(total, total);
    return { frame, web };
  }

  /** @param {Manifest} manifest @param {() => void} progress */
  async #bringWeb(manifest, progress) {
    const web = await this.#fetch(manifest, WEB, progress);
    const frame = await /** @type {Promise<HTMLIFrameElement>} */ (this.#frame);
    frame.contentWindow?.postMessage({ op: "web", web }, "*", [web]);
  }

  /** @param {Manifest} manifest @param {() => void} progress */
  async #open(manifest, progress) {
    const brought = await Promise.all(PARTS.map((part) => this.#fetch(manifest, part, progress)));
    const files = Object.fromEntries(PARTS.map((part, index) => [part, brought[index]]));
    const { frame: script, ...rest } = files;
    const frame = document.createElement("iframe");
    const nonce = crypto.randomUUID();
    frame.setAttribute("sandbox", "allow-scripts");
    frame.hidden = true;
    frame.title = "";
    const policy = POLICY.replace("NONCE", nonce);
    const code = new TextDecoder().decode(script);
    frame.srcdoc =
      `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
      `<script nonce="${nonce}">${code}</script>`;
    /** @type {Pending<void>} */
    const up = withResolvers();
    this.#hear = (message) => message.op === "up" && up.resolve();
    this.#element = frame;
    document.body.append(frame);
    await up.promise;
    const message = { op: "files", files: { ...rest, lock: manifest.lock } };
    frame.contentWindow?.postMessage(message, "*", Object.values(rest));
    return frame;
  }

  /** @param {Manifest} manifest @param {string} part @param {() => void} progress @returns {Promise<ArrayBuffer>} */
  async #fetch(manifest, part, progress) {
    const { name } = manifest.files[part];
    const got = await fetchAll(new URL(name, this.#base));
    const counting = new TransformStream({
      transform: (chunk, controller) => {
        this.#loaded.set(part, (this.#loaded.get(part) ?? 0) + chunk.byteLength);
        progress();
        controller.enqueue(chunk);
      },
    });
    return unpack(await new Response(got.body?.pipeThrough(counting)).arrayBuffer());
  }
}

/** @param {URL} url */
async function fetchAll(url) {
  const got = await fetch(url, { credentials: "same-origin" });
  if (!got.ok) throw new Error(`${url.pathname}: ${got.status}`);
  return got;
}

/** A file may come gzipped, or unpacked already by a server that says so. @param {ArrayBuffer} bytes */
async function unpack(bytes) {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first !== 0x1f || second !== 0x8b) return bytes;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** @template T @param {Promise<T>} promise @param {number} limit milliseconds @returns {Promise<T>} */
async function inTime(promise, limit) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("the runtime did not load in time")), limit);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

function withResolvers() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}
