// @ts-check
/**
 * Lists of pages with exercises: how many of each are solved, and below a list what a reader can do with what is kept.
 *
 * `sphinx-await-exercise.js` loads this where there is a list, and hands over what both need.
 *
 * @typedef {{ element: HTMLElement, keys: string[] }} Row of a list
 * @typedef {{
 *   KEPT: string,
 *   say: (word: string, values?: Record<string, number>) => string,
 *   make: <K extends keyof HTMLElementTagNameMap>(kind: K, classes: string, text?: string) => HTMLElementTagNameMap[K],
 *   button: (text: string, press: () => void) => HTMLButtonElement,
 *   keyOf: (path: string, name: string) => string,
 *   read: (key: string) => string,
 *   refresh: () => void,
 * }} Exercises
 */

/** Fill all lists. @param {Exercises} exercises @returns {() => void} counts again */
export function fill(exercises) {
  const rows = rowsOf(exercises);
  for (const list of new Set(rows.map(({ element }) => element.closest("ul")))) if (list) offer(list, exercises);
  const count = () => {
    for (const { element, keys } of rows) {
      const solved = keys.filter((key) => exercises.read(key) === "solved").length;
      element.textContent = exercises.say("count", { solved, all: keys.length });
    }
  };
  count();
  return count;
}

/** The pages that lists name, each with its exercises. @param {Exercises} exercises @returns {Row[]} */
function rowsOf({ keyOf }) {
  return [...document.querySelectorAll("li [data-await-exercises]")].flatMap((element) => {
    const link = element.closest("li")?.querySelector("a[href]");
    if (!(element instanceof HTMLElement) || !(link instanceof HTMLAnchorElement)) return [];
    /** @type {string[]} */
    const names = JSON.parse(element.dataset.awaitExercises ?? "[]");
    return [{ element, keys: names.map((name) => keyOf(link.pathname, name)) }];
  });
}

/** All that is kept of this site, by name. @param {string} KEPT @returns {Record<string, string>} */
function all(KEPT) {
  // Other courses may be at the same host: theirs begin with another path.
  const ours = KEPT + new URL(document.documentElement.dataset.content_root ?? "./", location.href).pathname;
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(ours)).sort();
    return Object.fromEntries(names.map((name) => [name.slice(KEPT.length), localStorage.getItem(name) ?? ""]));
  } catch {
    return {};
  }
}

/** What a reader can do with what is kept, below a list of pages. @param {Element} list @param {Exercises} exercises */
function offer(list, { KEPT, say, make, button, refresh }) {
  const save = () => {
    const link = make("a", "");
    const data = `${JSON.stringify({ exercises: all(KEPT) }, null, 2)}\n`;
    link.href = URL.createObjectURL(new Blob([data], { type: "application/json" }));
    link.download = "exercises.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href));
  };
  const status = make("span", "await-said");
  status.setAttribute("role", "status");
  const wipe = button(say("clear"), () => {
    if (wipe.textContent === say("clear")) wipe.textContent = say("sure");
    else {
      for (const name of Object.keys(all(KEPT))) localStorage.removeItem(KEPT + name);
      refresh();
      wipe.textContent = say("clear");
      status.textContent = say("cleared");
    }
  });
  wipe.addEventListener("blur", () => { wipe.textContent = say("clear"); });
  const tools = make("p", "await-kept-solved", say("kept"));
  tools.append(" ", button(say("export"), save), " ", wipe, " ", status);
  list.after(tools);
}
