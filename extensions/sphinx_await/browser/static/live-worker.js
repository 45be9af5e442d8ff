/**
 * A worker in which one program runs, or which tells what another one's journal says.
 *
 * It is a classic worker of a frame with an opaque origin; all it needs is handed in as bytes, since it can reach
 * nothing. The frame compiles WebAssembly once for all workers.
 *
 * @typedef {{loader: Blob, engine: Blob, wasm: WebAssembly.Module, stdlib: ArrayBuffer, project: ArrayBuffer,
 *   lock: object, web?: ArrayBuffer, warm: boolean}} Load
 * @typedef {{prepare(): void, run(request: string, post: Function, sleep: Function): number,
 *   show(request: string, data: Uint8Array): string}} Module
 * @typedef {{toJs(): Uint8Array}} Bytes
 * @typedef {{FS: {writeFile(path: string, data: Uint8Array): void}, pyimport(name: string): Module,
 *   runPython(code: string): unknown, toPy(value: Uint8Array): Uint8Array}} Pyodide
 */
"use strict";

{
  const PROJECT = "/lib/sphinx_await.zip";
  const WEB = "/lib/web.zip";
  /** @type {any} */
  const scope = self;
  /** @type {(message: object, transfer?: Transferable[]) => void} */
  const send = scope.postMessage.bind(scope);

  /** Memory that is shared can be waited on, without any header of the server. */
  const cell = new Int32Array(new WebAssembly.Memory({ shared: true, initial: 1, maximum: 1 }).buffer);

  /** Stop this thread, using no processor. @param {number} seconds */
  const sleep = (seconds) => {
    const end = performance.now() + seconds * 1000;
    for (let left = seconds * 1000; left > 0; left = end - performance.now()) Atomics.wait(cell, 0, 0, left);
  };

  /** @type {Pyodide} */
  let python;

  /** @param {Load} parts */
  const load = async (parts) => {
    // Nothing can be fetched: what the loader asks for is at hand.
    scope.fetch = async (/** @type {URL} */ url) =>
      new Response(url.pathname.endsWith("stdlib.zip") ? parts.stdlib : null);
    WebAssembly.instantiateStreaming = async (_, imports) => ({
      module: parts.wasm,
      instance: await WebAssembly.instantiate(parts.wasm, imports),
    });
    Reflect.set(scope, "importScripts", undefined); // the loader refuses classic workers otherwise
    const [{ loadPyodide }, engine] = await Promise.all([parts.loader, parts.engine].map(importBlob));
    python = await loadPyodide({
      indexURL: "https://runtime.invalid/",
      stdLibURL: "https://runtime.invalid/stdlib.zip",
      packageBaseUrl: "https://runtime.invalid/",
      lockFileContents: parts.lock,
      createPyodideModule: engine.default,
    });
    // The frame's policy lets nothing out; what a program finds nothing of needs no policy.
    for (const name of ["fetch", "Worker", "SharedWorker"]) Reflect.set(scope, name, undefined);
    python.FS.writeFile(PROJECT, new Uint8Array(parts.project));
    python.runPython(`import sys; sys.path.insert(0, "${PROJECT}")`);
    session().prepare();
    if (parts.web) addWeb(parts.web);
    if (parts.web && parts.warm) python.runPython("import aiohttp");
    send({ op: "ready" });
  };

  /** @param {Blob} blob */
  const importBlob = async (blob) => {
    const url = URL.createObjectURL(blob);
    try {
      return await import(url);
    } finally {
      URL.revokeObjectURL(url);
    }
  };

  /** @param {ArrayBuffer} web */
  const addWeb = (web) => {
    python.FS.writeFile(WEB, new Uint8Array(web));
    python.runPython(`import sys; sys.path.append("${WEB}")`);
  };

  /** @param {string} kind @param {string} text @param {Bytes} [data] */
  const post = (kind, text, data) => {
    const bytes = data?.toJs();
    send({ op: kind, text, bytes }, bytes ? [bytes.buffer] : []);
  };

  const session = () => python.pyimport("sphinx_await.browser.session");
  const teller = () => python.pyimport("sphinx_await.browser.show");

  scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
    try {
      if (data.op === "load") {
        await load(data.parts);
        if (data.spare) teller(); // what shows a picture is imported while nobody waits
      }
      if (data.op === "run") {
        if (data.web) addWeb(data.web);
        send({ op: "ended", status: session().run(data.request, post, sleep) });
      }
      if (data.op === "show") send({ op: "shown", text: teller().show(data.request, python.toPy(data.journal)) });
    } catch (error) {
      const status = error instanceof Error && error.name === "Exit" ? Reflect.get(error, "status") : undefined;
      // `os._exit` ends Python at once, in the middle of everything.
      if (data.op === "run" && status !== undefined) send({ op: "ended", status });
      else send({ op: "failed", text: String(error) });
    }
  };
}
