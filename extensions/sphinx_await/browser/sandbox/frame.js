/**
 * The script of the sandboxed frame: it keeps the parts of the runtime and one spare worker.
 *
 * The worker of a program is not trusted: its messages are output, notices, pieces of a journal and the end of the
 * output, of which the last one counts; nothing else. When
 * it has ended or was stopped, the spare worker decodes and draws the journal; the next program runs in that worker.
 *
 * @typedef {{parts: string[], name: string, hosts: object, labels?: object, limit?: number, web: boolean}} Asked
 * @typedef {{op: string, text: string, bytes?: Uint8Array<ArrayBuffer>, status?: number | bigint}} Heard
 * @typedef {{worker: Worker, ready: Promise<void>, fail: (reason: Error) => void, hasFailed: boolean,
 *   hear: (message: Heard) => void}} Spare
 */
"use strict";

{
  /** Milliseconds after the start of a program until a spare worker is made: earlier it would slow the program down. */
  const SPARE_AFTER = 150;
  /** Milliseconds to wait for a worker that has all its parts. */
  const LIMIT = 30_000;
  /** Milliseconds to wait for the picture of a finished program after the reader has pressed Stop. */
  const LAST = 2000;
  const NANOSECONDS = 1e6;
  /** Milliseconds between two messages to the page: a program may send more, the page gets them together. */
  const INTERVAL = 15;
  /** Characters of a message that carries no output; characters and bytes that a byte of output may take in messages. */
  const [PLAIN, PER_BYTE] = [200, 16];
  /** Bytes for which a piece of a journal counts at least: those of a record. */
  const LEAST_PIECE = 32;
  /** Characters of an error that are shown. */
  const LONGEST_ERROR = 2000;
  /** Milliseconds between two messages with the end of the output: more of them count as other messages do. */
  const TAIL_INTERVAL = 250;
  /** Bytes that such a message takes beside the output in it. */
  const TAIL_FRAME = 1000;
  /** The parts that each worker gets. */
  const SCRIPTS = ["loader", "engine"];
  const PARTS = [...SCRIPTS, "wasm", "stdlib", "project", "web"];
  const NO_WORKER = "no worker could be started; the page's Content-Security-Policy must allow blob: in worker-src";
  const SCRIPT = { type: "text/javascript" };

  /** @param {object} message */
  const send = (message) => parent.postMessage(message, "*");

  /** The parts that have arrived, in the form that workers get. @type {Map<string, any>} */
  const parts = new Map();
  let workerURL = "";
  /** Whether a program has used the part `web`: then the next one will, too. */
  let warm = false;
  /** Whether a program has run: later workers are made before a program needs them. */
  let begun = false;
  /** @type {Spare | undefined} */
  let spare;
  /** @type {Run | undefined} */
  let current;

  /** @returns {Spare} */
  const makeSpare = () => {
    const worker = new Worker(workerURL);
    /** @type {(reason: Error) => void} */
    let fail = () => {};
    let done = () => {};
    /** @type {Promise<void>} */
    const ready = new Promise((resolve, reject) => {
      [done, fail] = [resolve, reject];
    });
    ready.catch(() => {}); // it is reported where it is awaited
    /** @type {Spare} */
    const made = { worker, ready, fail, hasFailed: false, hear: () => {} };
    let isReady = false;
    worker.onmessage = ({ data }) => {
      if (isReady) return made.hear(data); // from now on a program may send it
      if (data.op === "ready") {
        isReady = true;
        done();
      } else if (data.op === "failed") {
        made.hasFailed = true;
        fail(new Error(data.text));
      }
    };
    worker.onerror = (event) => {
      event.preventDefault(); // it is reported here
      made.hasFailed = true;
      fail(new Error(event.message || NO_WORKER));
      made.hear({ op: "failed", text: event.message || "the worker ended" });
    };
    worker.onmessageerror = () => made.hear({ op: "failed", text: "a message could not be read" });
    worker.postMessage({ op: "load" });
    const [lock, settings] = [parts.get("lock"), parts.get("settings")];
    hand(worker, "setup", { lock, settings, warm: warm && parts.has("web"), spare: begun });
    for (const name of PARTS) if (parts.has(name)) handPart(made, name);
    return made;
  };

  /** Wait until a worker that has all its parts is ready. @param {Spare} awaited */
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

  /** Compile WebAssembly once for all workers. @param {Blob} file */
  const compile = (file) =>
    WebAssembly.compileStreaming(new Response(file, { headers: { "Content-Type": "application/wasm" } }));

  /** @param {string} name @param {any} value */
  const keep = (name, value) => {
    if (name === "worker") {
      workerURL = URL.createObjectURL(new Blob([value], SCRIPT));
      spare = makeSpare();
      return;
    }
    parts.set(name, name === "wasm" ? compile(value) : SCRIPTS.includes(name) ? new Blob([value], SCRIPT) : value);
    if (spare && PARTS.includes(name)) handPart(spare, name); // it may wait for the part
  };

  /** A spare worker made while a program took all memory may have failed: then another one is made. */
  const getSpare = () => {
    if (spare?.hasFailed) dropSpare();
    spare ??= makeSpare();
    return spare;
  };

  const dropSpare = () => {
    spare?.worker.terminate();
    spare = undefined;
  };

  class Run {
    /** @param {Asked} program @param {Spare} own */
    constructor(program, own) {
      this.program = program;
      this.own = own;
      this.started = new Date().toISOString();
      /** @type {Uint8Array<ArrayBuffer>[]} */
      this.pieces = [];
      const settings = parts.get("settings");
      /** Bytes at the start of a journal, which each piece of it brings anew. @type {number} */
      this.headSize = settings.head;
      this.head = new Uint8Array(this.headSize);
      this.tail = new Uint8Array(0);
      this.tailAt = -TAIL_INTERVAL;
      this.at = 0;
      this.lastHeard = 0;
      this.over = false;
      this.hurry = () => {};
      const limit = program.limit || settings.limit;
      /** Characters of output that may still go to the page. @type {number} */
      this.outputLeft = limit;
      /** Bytes of the end of the output. @type {number} */
      this.mostTail = limit + TAIL_FRAME;
      /** Characters for which each piece of output counts at least. @type {number} */
      this.leastCost = settings.piece;
      /** Characters and bytes that the worker may still send beside plain messages: an honest one sends no more. */
      this.sizeLeft = settings.journal + PER_BYTE * limit;
      /** What the page gets with the next message. @type {{ wait: number | null, isInLoop: boolean, outputs: object[] } | null} */
      this.pending = null;
      this.sentAt = 0;
      this.isWaitingForEver = false;
    }

    /** Stop the program or, if it is over, give up its picture unless that is drawn soon. */
    stop() {
      if (this.over) this.hurry();
      else this.end(null);
    }

    async start() {
      await readiness(this.own);
      if (this.over) return;
      this.own.hear = (message) => this.hear(message);
      this.own.worker.postMessage({ op: "run", request: JSON.stringify(this.program), web: this.program.web });
      send({ op: "started" });
    }

    /** Send the page what it did not get yet. */
    flush() {
      const { pending } = this;
      if (!pending) return;
      this.pending = null;
      this.sentAt = performance.now();
      send({ op: "output", ...pending });
    }

    /** @param {number | null} wait @param {boolean} isInLoop @param {any[]} pieces */
    forward(wait, isInLoop, pieces) {
      const outputs = [];
      for (const piece of pieces) {
        if (this.outputLeft <= 0) break;
        const output = asOutput(piece);
        if (!output.text) continue;
        output.text = output.text.slice(0, this.outputLeft);
        this.outputLeft -= Math.max(output.text.length, this.leastCost);
        outputs.push(output);
      }
      const isScheduled = this.pending !== null;
      this.pending = { wait, isInLoop, outputs: [...(this.pending?.outputs ?? []), ...outputs] };
      if (isScheduled) return;
      const left = INTERVAL - (performance.now() - this.sentAt);
      if (left <= 0) this.flush();
      else setTimeout(() => this.flush(), left);
    }

    /** Whether a message is within what the worker may send. @param {Heard} message */
    isWithinBounds({ text, bytes }) {
      const piece = sizeOf(bytes) - this.headSize;
      this.sizeLeft -= Math.max(0, (text?.length ?? 0) - PLAIN) + (piece > 0 ? Math.max(piece, LEAST_PIECE) : 0);
      return this.sizeLeft >= 0;
    }

    /** Whether a message is the end of the output, no larger and no sooner than an honest one. @param {Heard} message */
    isTail({ op, text, bytes }) {
      if (op !== "tail" || text || !bytes || sizeOf(bytes) > this.mostTail) return false;
      const now = performance.now();
      if (now - this.tailAt < TAIL_INTERVAL) return false;
      this.tailAt = now;
      return true;
    }

    /** @param {any} message @param {Uint8Array<ArrayBuffer>} bytes */
    takeRecords({ at, wait, loop, outputs }, bytes) {
      const [head, piece] = [bytes.subarray(0, this.headSize), bytes.subarray(this.headSize)];
      if (!this.lastHeard) setTimeout(getSpare, SPARE_AFTER);
      this.at = Number(at) || this.at;
      this.lastHeard = performance.now();
      this.head = head;
      if (piece.length) this.pieces.push(piece);
      this.forward(wait === null ? null : Math.max(0, Number(wait) || 0), loop === true, Array.isArray(outputs) ? outputs : []);
    }

    /** @param {Heard} message */
    hear(message) {
      if (this.over) return;
      if (!isMessage(message) || (!this.isTail(message) && !this.isWithinBounds(message))) {
        return void this.end(1, "the program sent more than a program can");
      }
      const { op, text, bytes, status } = message;
      if (op === "tail" && bytes) this.tail = bytes;
      else if (op === "records") {
        try {
          this.takeRecords(JSON.parse(text), bytes ?? new Uint8Array(0));
        } catch (problem) {
          this.end(1, String(problem));
        }
      } else if (op === "waits-for-ever" && !this.isWaitingForEver) {
        this.isWaitingForEver = true;
        this.flush();
        send({ op: "notice", value: op });
      }
      if (op === "ended") this.end(Number(status));
      else if (op === "failed") this.end(1, String(text).slice(0, LONGEST_ERROR));
    }

    /** @param {number | null} status null: it was stopped @param {string} [error] */
    async end(status, error) {
      if (this.over) return;
      this.over = true;
      this.own.worker.terminate();
      this.flush();
      const stopped = status === null;
      getSpare();
      if (!this.lastHeard) return send({ op: "result", stopped, error: error ?? null });
      const passed = stopped ? (performance.now() - this.lastHeard) * NANOSECONDS : 0;
      const asked = { ...this.program, status, at: Math.round(this.at + passed), started: this.started };
      send({ op: "over" });
      /** @type {Promise<undefined>} */
      const none = new Promise((resolve) => {
        this.hurry = () => setTimeout(resolve, LAST);
      });
      try {
        const shown = draw(JSON.stringify(asked), await join([this.head, ...this.pieces, this.tail]));
        const text = await Promise.race([shown, none]);
        if (text === undefined) dropSpare();
        send({ op: "result", text, stopped: stopped || text === undefined, error: error ?? null });
      } catch (problem) {
        dropSpare();
        send({ op: "result", stopped, error: String(problem) });
      }
    }
  }

  /** Bytes that came with a message: those of the whole buffer, of which it may show a part. @param {Heard["bytes"]} bytes */
  const sizeOf = (bytes) => bytes?.buffer.byteLength ?? 0;

  /** What a message of a worker in which a program runs may hold, and of which types. */
  const TYPES = { op: ["string"], text: ["string", "undefined"], status: ["number", "bigint", "undefined"] };
  /** The number of its fields; and characters of what it is, which is one of a few words. */
  const [MOST_FIELDS, LONGEST_OP] = [3, 20];

  /** Whether something that a worker sent has the form of its messages. @param {any} sent @returns {sent is Heard} */
  const isMessage = (sent) =>
    sent !== null && typeof sent === "object" && Object.keys(sent).length <= MOST_FIELDS &&
    Object.keys(sent).every((name) => name === "bytes" || name in TYPES) &&
    Object.entries(TYPES).every(([name, types]) => types.includes(typeof sent[name])) &&
    (sent.bytes === undefined || sent.bytes instanceof Uint8Array) &&
    sent.op.length <= LONGEST_OP && (sent.status === undefined || sent.op === "ended");

  /** Convert a piece of output from a worker, which may send anything. @param {any} piece */
  const asOutput = (piece) => ({
    at: Number(piece?.at) || 0,
    stream: piece?.stream === "stderr" ? "stderr" : "stdout",
    text: typeof piece?.text === "string" ? piece.text : "",
    task: Number.isInteger(piece?.task) ? piece.task : null,
  });

  /** @param {BlobPart[]} pieces */
  const join = async (pieces) => new Uint8Array(await new Blob(pieces).arrayBuffer());

  /** @param {string} request @param {Uint8Array} journal @returns {Promise<string>} */
  const draw = async (request, journal) => {
    let reporter = getSpare();
    try {
      await readiness(reporter);
    } catch (problem) {
      if (!reporter.hasFailed) throw problem;
      reporter = getSpare(); // the memory of the program's worker may be free by now
      await readiness(reporter);
    }
    return new Promise((resolve, reject) => {
      setTimeout(reject, LIMIT, new Error("the recording was not drawn in time"));
      reporter.hear = ({ op, text }) => (op === "shown" ? resolve(text) : reject(new Error(text)));
      reporter.worker.postMessage({ op: "show", request, journal }, [journal.buffer]);
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
      send({ op: "result", stopped: false, error: error instanceof Error ? error.message : String(error) });
    }
  };

  /** Draw recordings that are there beside each other. @param {object} asked */
  const compare = async (asked) => {
    try {
      send({ op: "compared", text: await draw(JSON.stringify(asked), new Uint8Array(0)) });
    } catch (problem) {
      dropSpare();
      send({ op: "compared", error: String(problem) });
    }
  };

  addEventListener("message", ({ data, source }) => {
    if (source !== parent) return;
    if (data.op === "part") keep(data.name, data.value);
    if (data.op === "run") run(data.program);
    if (data.op === "compare") compare(data.asked);
    if (data.op === "stop") current?.stop();
  });
  // Policies do not hold for it everywhere, and nothing here needs it.
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) Reflect.deleteProperty(globalThis, name);
  send({ op: "up" });
}
