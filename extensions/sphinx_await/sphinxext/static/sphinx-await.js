/**
 * What a reader can do with a run: copy its program, and hide the moments of its output.
 *
 * The page is complete without this. The words stand on the tag that loads it, in the language of the page. It is no
 * module, since browsers load none into a page that is opened as a file; there it also says so to the styles.
 */

(() => {
  /** Where the reader's choice is kept; it holds for every page of the site. */
  const KEY = "sphinx-await-moments";

  /** @typedef {{ copy: string, copied: string, refused: string, moments: string }} Words */

  /** @param {HTMLElement} run @param {Words} words */
  function enhance(run, words) {
    const header = document.createElement("div");
    header.className = "await-header";
    if (run.querySelector(".await-time")) header.append(momentsButton(words));
    const code = run.querySelector(".await-code");
    if (code && navigator.clipboard) header.append(...copyButton(code, words));
    if (header.hasChildNodes()) run.prepend(header);
  }

  /** @param {string} kind @param {string} text @param {() => void} press */
  function button(kind, text, press) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = `await-button await-${kind}`;
    made.textContent = text;
    made.addEventListener("click", press);
    return made;
  }

  /**
   * The button, and beside it the place where it says what came of it, to eyes and to screen readers.
   * @param {Element} code @param {Words} words
   */
  function copyButton(code, words) {
    const status = document.createElement("span");
    status.className = "await-status";
    status.setAttribute("role", "status");
    /** @param {string} text */
    const say = (text) => {
      status.textContent = text;
      setTimeout(() => { status.textContent = ""; }, 4000);
    };
    const copy = () =>
      navigator.clipboard.writeText(programOf(code)).then(() => say(words.copied), () => say(words.refused));
    return [status, button("copy", words.copy, copy)];
  }

  /**
   * The program alone: no line numbers, prompts or answers; what the reader made of it while an editor shows that.
   * @param {Element} code
   */
  function programOf(code) {
    /** @type {(Element & { editor?: { code: string } | null }) | null | undefined} */
    const live = code.closest("figure")?.querySelector("await-live");
    if (live?.editor) return live.editor.code;
    const shown = code.querySelector("td.code pre") ?? code.querySelector("pre") ?? code;
    const program = /** @type {Element} */ (shown.cloneNode(true));
    for (const extra of program.querySelectorAll(".linenos, .gp, .go")) extra.remove();
    return program.textContent ?? "";
  }

  /** @param {Words} words */
  function momentsButton(words) {
    return button("moments", words.moments, () => {
      keep(isHidden() ? "shown" : "hidden");
      showMoments();
    });
  }

  /** Everything that shows or hides moments follows what is kept. */
  function showMoments() {
    const hidden = isHidden();
    document.documentElement.classList.toggle("await-no-moments", hidden);
    for (const one of document.querySelectorAll(".await-moments")) one.setAttribute("aria-pressed", String(!hidden));
  }

  /** For this page alone where the browser keeps nothing. */
  let kept = "shown";

  function isHidden() {
    try {
      kept = localStorage.getItem(KEY) ?? kept;
    } catch {
      // The browser lets this site keep nothing.
    }
    return kept === "hidden";
  }

  /** @param {string} choice */
  function keep(choice) {
    kept = choice;
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // As above.
    }
  }

  // Room is kept for what modules make; here none of them comes.
  if (location.protocol === "file:") document.documentElement.classList.add("await-no-modules");
  const tag = document.querySelector("script[data-await-copy]");
  if (tag instanceof HTMLElement) {
    const { awaitCopy = "", awaitCopied = "", awaitRefused = "", awaitMoments = "" } = tag.dataset;
    const words = { copy: awaitCopy, copied: awaitCopied, refused: awaitRefused, moments: awaitMoments };
    for (const run of document.querySelectorAll("figure.await-run")) {
      if (run instanceof HTMLElement) enhance(run, words);
    }
    showMoments();
    addEventListener("storage", showMoments); // chosen in another tab
  }
})();
