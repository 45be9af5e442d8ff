/**
 * The inside of the sandboxed frame: it keeps the runtime's parts and one spare worker.
 *
 * A program's worker is never believed: its messages are output, notices and pieces of a journal, nothing else. When
 * it has ended, or was stopped, the spare worker tells what the journal says; then the next program runs in it.
 *
 * @typedef {{parts: string[], name: string, hosts: object, labels?: object, limit?: number, web: boolean}} Asked
 * @typedef {{op: string, text: string, bytes: Uint8Array<ArrayBuffer>, status: number}} Heard
 * @typedef {{worker: Worker, ready: Promise<void>, hasWeb: boolean, fail: (reason: Error) => void,
 *   hear: (message: Heard) => void}} Spare
 */
"use strict";

{
  /** Milliseconds of a run after which a spare worker is made, and for which it may be waited for. */
  const SPARE_AFTER = 150;
  const LIMIT = 30_000;
  /** Bytes at the beginning of a journal that are replaced by each piece of it. */
  const HEAD = 24;
  const NANOSECONDS = 1e6;
  /** What each worker is handed. */
  const SCRIPTS = ["loader", "engine"];
  const PARTS = [...SCRIPTS, "wasm", "stdlib", "project"];

  /** @param {object} message */
  const tell = (message) => parent.postMessage(message, "*");
  const script = (/** @type {BlobPart} */ text) => new Blob([text], { type: "text/javascript" });

  /** The parts that have come, each as workers want it. @type {Map<string, any>} */
  const parts = new Map();
  let workerURL = "";
  /** Whether a program has used the web, and will again. */
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
    const hasWeb = warm && parts.has("web");
    /** @type {(reason: Error) => void} */
    let fail = () => {};
    let done = () => {};
    /** @type {Promise<void>} */
    const ready = new Promise((resolve, reject) => {
      [done, fail] = [resolve, reject];
    });
    ready.catch(() => {}); // whoever waits for it is told
    /** @type {Spare} */
    const made = { worker, ready, hasWeb, fail, hear: () => {} };
    worker.onmessage = ({ data }) => {
      if (data.op === "ready") return done();
      if (data.op === "failed") fail(new Error(data.text));
      made.hear(data);
    };
    worker.onerror = (event) => fail(new Error(event.message || "the worker could not be started"));
    worker.postMessage({ op: "load" });
    hand(worker, "setup", { lock: parts.get("lock"), warm: hasWeb, spare: begun });
    for (const name of hasWeb ? [...PARTS, "web"] : PARTS) if (parts.has(name)) handPart(made, name);
    return made;
  };

  /** Until a worker that has all its parts is ready, but not for ever. @param {Spare} awaited */
  const readiness = async ({ ready, fail }) => {
    const timer = setTimeout(() => fail(new Error("the runtime did not start in time")), LIMIT);
    try {
      await ready;
    } finally {
      clearTimeout(timer);
    }
  };

  /** @param {Worker} worker @param {string} name @param {any} value */
  const hand = (worker, name, value) => worker.postMessage({ op: "part", name, value });

  /** @param {Spare} to @param {string} name */
  const handPart = (to, name) => {
    Promise.resolve(parts.get(name)).then((value) => hand(to.worker, name, value), to.fail);
  };

  /** @param {string} name @param {any} bytes */
  const keep = (name, bytes) => {
    if (name === "worker") {
      workerURL = URL.createObjectURL(script(bytes));
      spare = makeSpare();
      return;
    }
    if (name === "wasm") parts.set(name, WebAssembly.compile(bytes));
    else parts.set(name, SCRIPTS.includes(name) ? script(bytes) : bytes);
    if (spare && PARTS.includes(name)) handPart(spare, name); // the first one, which did not wait for all of them
  };

  const getSpare = () => {
    spare ??= makeSpare();
    return spare;
  };

  class Run {
    /** @param {Asked} program @param {Spare} own */
    constructor(program, own) {
      this.program = program;
      this.own = own;
      this.started = new Date().toISOString();
      /** @type {Uint8Array<ArrayBuffer>[]} */
      this.pieces = [];
      this.head = new Uint8Array(HEAD);
      this.at = 0;
      this.heard = 0;
      this.over = false;
    }

    async start() {
      await readiness(this.own);
      if (this.over) return;
      this.own.hear = (message) => this.hear(message);
      this.own.worker.postMessage({
        op: "run",
        request: JSON.stringify(this.program),
        web: this.program.web && !this.own.hasWeb ? parts.get("web") : undefined,
      });
      tell({ op: "started" });
      setTimeout(getSpare, SPARE_AFTER);
    }

    /** @param {Heard} message */
    hear({ op, text, bytes, status }) {
      if (op === "told") {
        const { at, wait, outputs } = JSON.parse(text);
        this.at = Number(at);
        this.heard = performance.now();
        this.head = bytes.subarray(0, HEAD);
        if (bytes.length > HEAD) this.pieces.push(bytes.subarray(HEAD));
        tell({ op, wait: wait === null ? null : Number(wait), outputs: Array.from(outputs, asOutput) });
      } else if (op === "waits-for-ever") tell({ op: "notice", value: op });
      else if (op === "ended") this.end(Number(status));
      else if (op === "failed") this.end(1, text);
    }

    /** @param {number | null} status null: it was stopped @param {string} [error] */
    async end(status, error) {
      if (this.over) return;
      this.over = true;
      this.own.worker.terminate();
      const stopped = status === null;
      if (!this.heard) return tell({ op: "result", stopped, error: error ?? null });
      const passed = stopped ? (performance.now() - this.heard) * NANOSECONDS : 0;
      const asked = { ...this.program, status, at: Math.round(this.at + passed), started: this.started };
      try {
        const text = await show(JSON.stringify(asked), await join([this.head, ...this.pieces]));
        tell({ op: "result", text, stopped, error: error ?? null });
      } catch (problem) {
        spare?.worker.terminate();
        spare = undefined;
        tell({ op: "result", stopped, error: String(problem) });
      }
    }
  }

  /** Output, whatever it is that a program's worker says. @param {any} piece */
  const asOutput = ({ at, stream, text, task }) => ({
    at: Number(at),
    stream: stream === "stderr" ? "stderr" : "stdout",
    text: String(text),
    task: Number.isInteger(task) ? task : null,
  });

  /** @param {BlobPart[]} pieces */
  const join = async (pieces) => new Uint8Array(await new Blob(pieces).arrayBuffer());

  /** @param {string} request @param {Uint8Array} journal @returns {Promise<string>} */
  const show = async (request, journal) => {
    const teller = getSpare();
    await readiness(teller);
    return new Promise((resolve, reject) => {
      teller.hear = ({ op, text }) => (op === "shown" ? resolve(text) : reject(new Error(text)));
      teller.worker.postMessage({ op: "show", request, journal }, [journal.buffer]);
    });
  };

  /** @param {Asked} program */
  const run = async (program) => {
    warm ||= program.web;
    begun = true;
    const own = getSpare();
    spare = undefined;
    const mine = (current = new Run(program, own));
    try {
      await mine.start();
    } catch (error) {
      if (mine.over) return;
      mine.over = true;
      own.worker.terminate();
      tell({ op: "result", stopped: false, error: error instanceof Error ? error.message : String(error) });
    }
  };

  onmessage = ({ data, source }) => {
    if (source !== parent) return;
    if (data.op === "part") keep(data.name, data.bytes);
    if (data.op === "run") run(data.program);
    if (data.op === "stop") current?.end(null);
  };
  tell({ op: "up" });
}
