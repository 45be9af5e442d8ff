/**
 * What a reader can do with a run: copy its program, and hide the moments of its output. The keyboard goes through a
 * page of many runs in few steps: the buttons of a run are one stop of the Tab key, and so are its moments; arrow keys
 * go from one to the next. Boxes are stops only while they scroll.
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
    new MutationObserver(() => {
      const own = run.querySelector(":scope > .await-header"); // another script may have made it
      if (own instanceof HTMLElement && own.role !== "toolbar") gather(run, own);
    }).observe(run, { childList: true });
    if (header.isConnected) gather(run, header);
    for (const outputs of run.querySelectorAll(".await-outputs")) {
      for (const link of outputs.querySelectorAll(".await-time a")) nameMoment(link);
      rove(outputs, ".await-time a", "ArrowUp", "ArrowDown");
    }
    for (const box of run.querySelectorAll(".await-code, .await-outputs pre")) scrolling.observe(box);
  }

  /** How many headers have a number. */
  let headers = 0;

  /** Make a toolbar of a header, whose buttons have the name of their run. @param {HTMLElement} run @param {HTMLElement} header */
  function gather(run, header) {
    header.role = "toolbar";
    header.ariaLabel = run.dataset.name ?? "";
    header.id ||= `await-tools-${(headers += 1)}`;
    const name = () => {
      for (const [number, one] of header.querySelectorAll("button").entries()) {
        if (one.id || one.ariaLabel) continue;
        one.id = `${header.id}-${one.className.split(" ").at(-1)}-${number}`;
        one.setAttribute("aria-labelledby", `${one.id} ${header.id}`);
      }
    };
    name();
    new MutationObserver(name).observe(header, { childList: true, subtree: true });
    rove(header, "button", "ArrowLeft", "ArrowRight");
  }

  /** Many lines have one moment: the name of its link has the line, too. @param {Element} link */
  function nameMoment(link) {
    const text = link.closest(".await-output")?.querySelector(".await-text")?.textContent ?? "";
    link.ariaLabel = `${link.textContent} ${text.trim()}`.slice(0, LONGEST_NAME);
  }

  /**
   * Make one of several things in a box a stop of the Tab key: the first, or the one where the reader was.
   * @param {Element} box @param {string} selector @param {string} back @param {string} forth keys
   */
  function rove(box, selector, back, forth) {
    const all = () =>
      /** @type {HTMLElement[]} */ ([...box.querySelectorAll(selector)]).filter((one) => !one.hidden && !one.matches(":disabled"));
    /** @param {Element | null} [current] */
    const settle = (current) => {
      const [first] = all();
      for (const one of all()) one.tabIndex = one === (current ?? first) ? 0 : -1;
    };
    settle();
    new MutationObserver(() => {
      if (!box.contains(document.activeElement)) settle();
    }).observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "disabled"] });
    box.addEventListener("focusin", ({ target }) => {
      if (target instanceof Element && target.matches(selector)) settle(target);
    });
    box.addEventListener("keydown", (event) => {
      const { key, target, altKey, ctrlKey, metaKey } = /** @type {KeyboardEvent} */ (event);
      const [list, step] = [all(), key === forth ? 1 : key === back ? -1 : 0];
      const at = list.indexOf(/** @type {HTMLElement} */ (target));
      if (!step || at < 0 || altKey || ctrlKey || metaKey) return;
      event.preventDefault();
      list.at((at + step) % list.length)?.focus();
    });
  }

  /** Characters of the name of a link. */
  const LONGEST_NAME = 80;

  /** A box is a stop of the Tab key for as long as it scrolls, and has no stop in it, where the arrow keys scroll, too. */
  const scrolling = new ResizeObserver((changes) => {
    for (const { target } of changes) {
      const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
      if (scrolls && !target.querySelector("a")?.checkVisibility()) target.setAttribute("tabindex", "0");
      else if (target !== document.activeElement) target.removeAttribute("tabindex");
    }
  });

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
