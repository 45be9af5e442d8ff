/**
 * A worker in which one program runs, or which decodes and draws the journal of another worker.
 *
 * It is a classic worker of a frame with an opaque origin. It can reach nothing, so all it needs is passed to it part by
 * part. The frame compiles WebAssembly once for all workers.
 *
 * @typedef {{project: string, web: string, execution: string, report: string}} Settings of pack.py
 * @typedef {{lock: object, settings: Settings, warm: boolean, spare: boolean}} Setup
 * @typedef {{prepare(): void, begin(request: string, post: Function, sleep: Function): {next(): {done?: boolean}},
 *   end(): number, report(request: string, data: Uint8Array): string}} Module
 * @typedef {{toJs(): Uint8Array}} Bytes
 * @typedef {{FS: {writeFile(path: string, data: Uint8Array): void}, pyimport(name: string): Module,
 *   runPython(code: string): unknown, toPy(value: Uint8Array): Uint8Array}} Pyodide
 */
"use strict";

{
  const ADDRESS = "https://runtime.invalid/";
  /** @type {any} */
  const scope = self;
  /** @type {(message: object, transfer?: Transferable[]) => void} */
  const send = scope.postMessage.bind(scope);

  /** `Atomics.wait` needs shared memory, which WebAssembly gives without any header of the server. */
  const cell = new Int32Array(new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 }).buffer);

  /** Block this thread without using the processor. @param {number} seconds */
  const sleep = (seconds) => {
    const end = performance.now() + seconds * 1000;
    for (let left = seconds * 1000; left > 0; left = end - performance.now()) Atomics.wait(cell, 0, 0, left);
  };

  /** @type {Map<string, {promise: Promise<any>, resolve: (value: any) => void}>} */
  const parts = new Map();

  /** A part of the runtime, which may be requested before it has arrived. @param {string} name */
  const part = (name) => {
    const known = parts.get(name);
    if (known) return known;
    let resolve = (/** @type {any} */ _) => {};
    const made = { promise: new Promise((done) => (resolve = done)), resolve };
    made.resolve = resolve;
    parts.set(name, made);
    return made;
  };

  /** @type {Settings} */
  let settings;
  /** @type {Pyodide} */
  let python;
  /** The packages that only some programs need. @type {Promise<Uint8Array>} */
  let web;
  let hasWeb = false;

  const load = async () => {
    // Nothing can be fetched: the loader gets the parts that were passed in.
    scope.fetch = async (/** @type {URL} */ url) =>
      new Response(url.pathname.endsWith("stdlib.zip") ? await part("stdlib").promise : null);
    WebAssembly.instantiateStreaming = async (_, imports) => {
      /** @type {WebAssembly.Module} */
      const module = await part("wasm").promise;
      return { module, instance: await WebAssembly.instantiate(module, imports) };
    };
    Reflect.set(scope, "importScripts", undefined); // the loader refuses classic workers otherwise
    const project = bytes("project");
    web = bytes("web");
    const [{ loadPyodide }, engine] = await Promise.all(["loader", "engine"].map(importPart));
    /** @type {Setup} */
    const setup = await part("setup").promise;
    const { lock, warm, spare } = setup;
    settings = setup.settings;
    // Where memory is short, loadPyodide fails, and so do promises that it has left to nobody.
    const ignore = (/** @type {Event} */ event) => event.preventDefault();
    scope.addEventListener("unhandledrejection", ignore);
    python = await loadPyodide({
      indexURL: ADDRESS,
      stdLibURL: `${ADDRESS}stdlib.zip`,
      packageBaseUrl: ADDRESS,
      lockFileContents: lock,
      createPyodideModule: engine.default,
    });
    scope.removeEventListener("unhandledrejection", ignore);
    // The policy of the frame blocks the network; without these names a program sees at once that there is none.
    for (const name of ["fetch", "Worker", "SharedWorker"]) Reflect.set(scope, name, undefined);
    python.FS.writeFile(settings.project, await project);
    python.runPython(`import sys; sys.path.insert(0, "${settings.project}")`);
    execution().prepare();
    if (warm) addWeb(await web);
    send({ op: "ready" });
    if (spare) reporter(); // imports what draws, while nobody waits
  };

  /** @param {string} name */
  const bytes = async (name) => new Uint8Array(await (await part(name).promise).arrayBuffer());

  /** @param {string} name */
  const importPart = async (name) => {
    const url = URL.createObjectURL(await part(name).promise);
    try {
      return await import(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  };

  /** Import aiohttp before the program: the first one finds it imported, as the next ones do. @param {Uint8Array} files */
  const addWeb = (files) => {
    python.FS.writeFile(settings.web, files);
    python.runPython(`import sys; sys.path.append("${settings.web}"); import aiohttp`);
    hasWeb = true;
  };

  const execution = () => python.pyimport(settings.execution);
  const reporter = () => python.pyimport(settings.report);

  /** @param {string} kind @param {string} text @param {Bytes} [data] */
  const post = (kind, text, data) => {
    const bytes = data?.toJs();
    send({ op: kind, text, bytes }, bytes ? [bytes.buffer] : []);
  };

  /** @param {{request: string, web: boolean}} asked */
  const run = async (asked) => {
    if (asked.web && !hasWeb) addWeb(await web);
    const module = execution();
    try {
      const steps = module.begin(asked.request, post, sleep);
      // Python code that called a step would be seen in the program's stack.
      while (!steps.next().done);
      return module.end();
    } catch (error) {
      // `os._exit` ends Python at once, in the middle of everything.
      if (error instanceof Error && error.name === "Exit") return Reflect.get(error, "status");
      throw error;
    }
  };

  scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
    try {
      if (data.op === "part") part(data.name).resolve(data.value);
      if (data.op === "load") await load();
      if (data.op === "run") send({ op: "ended", status: await run(data) });
      if (data.op === "show") send({ op: "shown", text: reporter().report(data.request, python.toPy(data.journal)) });
    } catch (error) {
      send({ op: "failed", text: String(error) });
    }
  };
}
