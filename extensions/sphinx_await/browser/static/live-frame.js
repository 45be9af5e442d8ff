/**
 * The inside of the sandboxed frame: it keeps the runtime's parts and one spare worker.
 *
 * A program's worker is never believed: its messages are output, notices and pieces of a journal, nothing else. When
 * it has ended, or was stopped, the spare worker tells what the journal says; then the next program runs in it.
 *
 * @typedef {{parts: import("./live-worker.js").Load, limit: number}} Setup
 * @typedef {{worker: Worker, ready: Promise<void>, hasWeb: boolean, hear: (message: any) => void}} Spare
 */
"use strict";

{
  /** Milliseconds of a run after which a spare worker is made, and that loading may take. */
  const SPARE_AFTER = 150;
  const LIMIT = 30_000;
  /** Bytes at the beginning of a journal that are replaced by each piece of it. */
  const HEAD = 24;
  const NANOSECONDS = 1e6;

  /** @param {object} message */
  const tell = (message) => parent.postMessage(message, "*");

  /** @type {Promise<any>} */
  let parts;
  /** @type {string} */
  let workerURL;
  /** @type {ArrayBuffer | undefined} */
  let web;
  let warm = false;
  /** Whether a program has run: the first worker is made for it, the others ahead of it. */
  let begun = false;
  /** @type {Spare | undefined} */
  let spare;
  /** @type {Run | undefined} */
  let current;

  /** @returns {Spare} */
  const makeSpare = () => {
    const worker = new Worker(workerURL);
    /** @type {(value: void) => void} */
    let resolve;
    /** @type {(reason: Error) => void} */
    let reject;
    const ready = /** @type {Promise<void>} */ (
      new Promise((...functions) => {
        [resolve, reject] = functions;
      })
    );
    ready.catch(() => {});
    /** @type {Spare} */
    const made = { worker, ready, hasWeb: Boolean(web && warm), hear: () => {} };
    const timer = setTimeout(() => reject(new Error("the runtime did not start in time")), LIMIT);
    worker.onmessage = ({ data }) => {
      if (data.op === "ready") {
        clearTimeout(timer);
        resolve();
      } else if (data.op === "failed") {
        reject(new Error(data.text));
        made.hear(data);
      } else made.hear(data);
    };
    worker.onerror = (event) => reject(new Error(event.message || "the worker could not be started"));
    parts.then(
      (given) => worker.postMessage({ op: "load", parts: { ...given, web: made.hasWeb ? web : undefined, warm }, spare: begun }),
      (error) => reject(error),
    );
    return made;
  };

  const getSpare = () => {
    spare ??= makeSpare();
    return spare;
  };

  class Run {
    /** @param {{code: string, hosts: object, web: boolean}} program @param {Spare} own */
    constructor(program, own) {
      this.program = program;
      this.own = own;
      this.started = new Date().toISOString();
      /** @type {Uint8Array[]} */
      this.pieces = [];
      this.head = new Uint8Array(HEAD);
      this.at = 0;
      this.heard = 0;
      this.over = false;
    }

    async start() {
      await this.own.ready;
      if (this.over) return;
      this.own.hear = (message) => this.hear(message);
      this.own.worker.postMessage({
        op: "run",
        request: JSON.stringify(this.program),
        web: this.program.web && !this.own.hasWeb ? web : undefined,
      });
      tell({ op: "started" });
      setTimeout(getSpare, SPARE_AFTER);
    }

    /** @param {{op: string, text: string, bytes: Uint8Array<ArrayBuffer>, status: number}} message */
    hear({ op, text, bytes, status }) {
      if (op === "told") {
        const { at, wait, outputs } = JSON.parse(text);
        this.at = Number(at);
        this.heard = performance.now();
        this.head = bytes.subarray(0, HEAD);
        if (bytes.length > HEAD) this.pieces.push(bytes.subarray(HEAD));
        tell({ op, wait, outputs });
      } else if (op === "notice") tell({ op, value: JSON.parse(text) });
      else if (op === "ended") this.end(Number(status));
      else if (op === "failed") this.end(1, text);
    }

    /** @param {number | null} status null: it was stopped @param {string} [error] */
    async end(status, error) {
      if (this.over) return;
      this.over = true;
      this.own.worker.terminate();
      if (!this.heard) return tell({ op: "result", stopped: status === null, error: error ?? null });
      const passed = status === null ? (performance.now() - this.heard) * NANOSECONDS : 0;
      const { hosts, name, labels, limit, checks } = /** @type {any} */ (this.program);
      const at = Math.round(this.at + passed);
      const asked = { hosts, name, labels, limit, checks, status, at, started: this.started };
      try {
        const text = await show(JSON.stringify(asked), await join([this.head, ...this.pieces]));
        tell({ op: "result", text, stopped: status === null, error: error ?? null });
      } catch (problem) {
        spare?.worker.terminate();
        spare = undefined;
        tell({ op: "result", stopped: status === null, error: String(problem) });
      }
    }
  }

  /** @param {Uint8Array[]} pieces */
  const join = async (pieces) => new Uint8Array(await new Blob(/** @type {BlobPart[]} */ (pieces)).arrayBuffer());

  /** @param {string} request @param {Uint8Array} journal */
  const show = async (request, journal) => {
    const teller = getSpare();
    await teller.ready;
    return new Promise((resolve, reject) => {
      teller.hear = ({ op, text }) => (op === "shown" ? resolve(text) : reject(new Error(text)));
      teller.worker.postMessage({ op: "show", request, journal }, [journal.buffer]);
    });
  };

  /** @param {any} files */
  const keep = (files) => {
    const { worker, wasm, ...rest } = files;
    workerURL = URL.createObjectURL(new Blob([worker], { type: "text/javascript" }));
    const blob = (/** @type {BlobPart} */ text) => new Blob([text], { type: "text/javascript" });
    parts = WebAssembly.compile(wasm).then((module) => ({
      ...rest,
      wasm: module,
      loader: blob(files.loader),
      engine: blob(files.engine),
    }));
    getSpare();
  };

  /** @param {any} program */
  const run = async (program) => {
    warm ||= program.web;
    begun = true;
    const own = getSpare();
    spare = undefined;
    current = new Run(program, own);
    try {
      await current.start();
    } catch (error) {
      current.over = true;
      own.worker.terminate();
      tell({ op: "result", stopped: false, error: String(error) });
    }
  };

  onmessage = ({ data, source }) => {
    if (source !== parent) return;
    if (data.op === "files") keep(data.files);
    if (data.op === "web") web = data.web;
    if (data.op === "run") run(data.program);
    if (data.op === "stop") current?.end(null);
  };
  tell({ op: "up" });
}
