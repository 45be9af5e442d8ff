/**
 * What a reader can do with a run: copy its program, and hide the moments of its output. The keyboard goes through a
 * page of many runs in few steps: the buttons of a run are one stop of the Tab key, and so are its moments; arrow keys
 * go on from there. Boxes are stops only while they scroll.
 *
 * The page is complete without this. The words stand on the tag that loads it. It is no module: a page that is
 * opened as a file loads none, and there it says so to the styles.
 */

(() => {
  /** Where the reader's choice is kept, for every page of the site. */
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
    for (const outputs of run.querySelectorAll(".await-outputs")) rove(outputs, ".await-time a", "ArrowUp", "ArrowDown");
    for (const links of [".await-time a", ".at-out"]) nameMoments(run.querySelectorAll(links));
    for (const box of run.querySelectorAll(".await-code, .await-outputs pre")) scrolling.observe(box);
  }

  /** What controls are called by, too. */
  const PLACES = ".await-run, .await-compare, .await-exercise, .await-mine, .await-player";
  const CONTROLS = "button, select, input, summary, .await-scroll, a[download], .await-time a, .at-out";
  let named = 0;

  /** @param {Element} one */
  const idOf = (one) => (one.id ||= `await-named-${(named += 1)}`);

  /** @param {Element} box */
  function tellApart(box) {
    const header = box.querySelector(":scope > .await-header:not([role])");
    if (header) {
      header.role = "toolbar";
      rove(header, "button", "ArrowLeft", "ArrowRight");
    }
    for (const one of box.querySelectorAll(CONTROLS)) {
      const place = one.parentElement?.closest(PLACES);
      if (!place || one.hasAttribute("aria-labelledby")) continue;
      place.ariaLabel ??= place.getAttribute("data-name") ?? place.querySelector("figcaption")?.textContent ?? "";
      one.setAttribute("aria-labelledby", `${idOf(one)} ${idOf(place)}`);
    }
  }

  /** Other scripts make controls, too. */
  const naming = new MutationObserver((changes) => {
    const boxes = changes.map(({ target }) => /** @type {Element} */ (target).closest(PLACES));
    for (const box of new Set(boxes)) if (box) tellApart(box);
  });

  /**
   * Many lines have one moment: the name of its link has the line, too, and a number where tasks print the same at once.
   * @param {NodeListOf<Element>} links
   */
  function nameMoments(links) {
    /** @type {Record<string, number>} */
    const seen = {};
    for (const link of links) {
      const text = link.closest(".await-output")?.querySelector(".await-text")?.textContent ?? "";
      const name = link.ariaLabel ?? `${link.textContent} ${text.trim()}`.slice(0, LONGEST_NAME);
      seen[name] = (seen[name] ?? 0) + 1;
      link.ariaLabel = seen[name] > 1 ? `${name} (${seen[name]})` : name;
    }
  }

  /**
   * Make one of several things in a box a stop: the first, or the one where the reader was.
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

  /** A box is a stop for as long as it scrolls, and has no stop in it, where the arrow keys scroll, too. */
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
   * The button, and beside it the place where it says what came of it.
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

  /** What shows or hides moments follows what is kept. */
  function showMoments() {
    const hidden = isHidden();
    document.documentElement.classList.toggle("await-no-moments", hidden);
    for (const one of document.querySelectorAll(".await-moments")) one.setAttribute("aria-pressed", String(!hidden));
  }

  /** For this page alone if the browser keeps nothing. */
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
    for (const box of document.querySelectorAll(PLACES)) {
      tellApart(box);
      naming.observe(box, { childList: true, subtree: true });
    }
    showMoments();
    addEventListener("storage", showMoments); // chosen in another tab
  }
})();
