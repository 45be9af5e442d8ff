// @ts-check
/**
 * Replaces the runtime: it "runs" what a comment of the program says, so that tests see what the page makes of it.
 *
 * `#: progress`, `#: print TEXT`, `#: error TEXT`, `#: write JSON`, `#: fail LINE`, `#: raise TYPE: MESSAGE`, `#: forge`, `#: flood N`,
 * `#: wait`, `#: busy`, `#: broken`, `#: sentence INDEX`, `#: words TEXT`, `#: late N` (the first N runs),
 * `#: result JSON` (more of the result)
 */
export class Runner {
  /** @param {string} base */
  constructor(base) {
    this.base = base;
    globalThis.dispatchEvent(new CustomEvent("stub-made"));
    /** @type {((stopped: boolean) => void) | null} */
    this.end = null;
    this.runs = 0;
  }

  /**
   * @param {any} program
   * @param {any} listener
   */
  async run(program, { onProgress, onStart, onOutput, onNotice }) {
    globalThis.dispatchEvent(new CustomEvent("stub-run", { detail: program }));
    const code = program.parts.at(-1);
    const commands = [...code.matchAll(/^#: (\w+) ?(.*)$/gm)].map(([, name, value]) => ({ name, value }));
    const has = (/** @type {string} */ wanted) => commands.find(({ name }) => name === wanted);
    const until = () => new Promise((resolve) => { this.end = resolve; });
    if (has("broken")) return { recording: null, svg: "", words: "", stopped: false, error: "no runtime here" };
    onProgress(3_100_000, 7_200_000);
    if (has("progress")) {
      await until();
      return { recording: null, svg: "", words: "", stopped: true, error: null };
    }
    onStart();
    commands.forEach(({ name, value }, index) => {
      const at = index / 100;
      if (name === "print") onOutput({ at, stream: "stdout", text: `${value}\n`, task: null });
      if (name === "error") onOutput({ at, stream: "stderr", text: `${value}\n`, task: null });
      if (name === "write") onOutput({ at, stream: "stdout", text: JSON.parse(value), task: null });
      if (name === "flood") {
        for (let n = 0; n < Number(value); n += 1) onOutput({ at, stream: "stdout", text: `${n}\n`, task: null });
      }
    });
    if (has("wait")) onNotice("waits-for-ever");
    if (has("busy")) onNotice("busy");
    const stopped = has("wait") || has("busy") ? await until() : false;
    const line = Number(has("fail")?.value ?? 0);
    const [type, message] = (has("raise")?.value ?? "").split(": ");
    const failure = type ? { type, message, traceback: "", line: null } : line ? { type: "ValueError", message: "wrong", traceback: "", line } : null;
    const recording = { wall: 0.125, python: "Stub 1.0", platform: "browser", tasks: [], outputs: [], failure };
    const drawn = `<div class="await-drawing" id="${program.name}" role="group" aria-label="tasks"><svg class="await-svg at-plot" ` +
      `width="100%" height="40"><g aria-hidden="true"><rect class="at-run" x="10%" y="5" width="30%" height="12"/></g></svg></div>`;
    const forged = `<div class="await-drawing" onclick="alert(1)" style="position:fixed" id="theirs"><script>alert(1)</script>` +
      `<svg onload="alert(1)"><a href="javascript:alert(1)"><text fill="url(https://example.org/)">x</text></a>` +
      `<foreignObject><img src="x" onerror="alert(1)"></foreignObject><image href="https://example.org/"/></svg>` +
      `<iframe src="https://example.org/"></iframe></div>`;
    const checks = program.checks?.map((/** @type {string} */ check) => (line ? null : code.includes(check)));
    this.runs += 1;
    const doubtful = this.runs <= Number(has("late")?.value ?? 0);
    const index = has("sentence");
    const feedback = index || has("words") ? { index: index ? Number(index.value) : null, words: has("words")?.value ?? "" } : null;
    const result = { recording, svg: has("forge") ? forged : drawn, words: "one task", stopped, error: null, checks };
    return { ...result, feedback, doubtful, ...JSON.parse(has("result")?.value ?? "{}") };
  }

  stop() {
    this.end?.(true);
    this.end = null;
  }

  dispose() {}
}
