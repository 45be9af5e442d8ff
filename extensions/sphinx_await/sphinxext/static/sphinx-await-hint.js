// @ts-check
/**
 * Says below the first picture of a page how to read one, to readers who have used none yet: until they close it, step
 * through a run or open the fold of a picture. That is kept on their device. It is loaded when they begin to scroll.
 *
 * It moves nothing that is seen: it takes its place while that is below the window, and else lies over what follows.
 */

/** @param {HTMLElement} hint hidden, or removed by a press @param {string} known what is kept when the reader knows */
export async function show(hint, known) {
  const fold = /** @type {HTMLDetailsElement} */ (hint.previousElementSibling);
  const ended = new AbortController();
  const end = () => {
    ended.abort();
    if (hint.contains(document.activeElement)) fold.querySelector("summary")?.focus();
    hint.remove();
  };
  const finish = () => {
    end();
    try {
      localStorage.setItem(known, "1");
    } catch {
      // There is no room: it comes again on the next page.
    }
  };
  /** @param {string} kind @param {(target: Element, event: Event) => void} act */
  const listen = (kind, act) =>
    addEventListener(
      kind,
      (event) => { if (event.target instanceof Element) act(event.target, event); },
      { capture: true, signal: ended.signal },
    );
  listen("click", (target) => {
    if (target.closest(".await-to-fold")) fold.open = true;
    if (target.closest(".await-hint button, .await-step")) finish();
  });
  listen("toggle", (target) => { if (target.matches(".await-words[open]")) finish(); });
  listen("keydown", (target, event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape" && hint.contains(target)) finish();
  });
  listen("focusin", (target) => {
    const [one, other] = [target.getBoundingClientRect(), hint.getBoundingClientRect()];
    const isBelow = one.bottom > other.top && one.top < other.bottom && one.right > other.left && one.left < other.right;
    if (isBelow && !hint.contains(target)) end(); // nothing lies over what has the focus
  });
  const href = import.meta.url.replace(/\.js(?=\?|$)/, ".css");
  await new Promise((resolve) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: resolve }));
  });
  // Pressed before this was here, or while the style was loaded.
  if (!hint.isConnected || document.querySelector(".await-words[open]")) return finish();
  localStorage.setItem(known, ""); // where this fails nothing is shown: it would come on every page
  hint.classList.toggle("await-over", fold.checkVisibility() && fold.getBoundingClientRect().bottom < innerHeight);
  hint.hidden = false;
}
