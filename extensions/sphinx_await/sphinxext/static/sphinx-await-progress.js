// @ts-check
/**
 * Lists of pages: how much is solved and answered, and what a reader can do with what is kept.
 * sphinx-await-exercise.js loads this.
 *
 * @typedef {import("../../browser/static/lists.d.ts").Exercises} Exercises
 * @typedef {import("../../browser/static/lists.d.ts").Row} Row
 */

/** What names of kept answers begin with: sphinx-await-predict.js keeps them. */
const ANSWERS = "sphinx-await-predictions:";

/** Fill all lists. @param {Exercises} exercises @returns {() => void} counts again */
export function fill(exercises) {
  const rows = rowsOf(exercises);
  for (const list of new Set(rows.map(({ element }) => element.closest("ul")))) if (list) offer(list, exercises);
  const count = () => {
    for (const { element, keys, asked, questions } of rows) {
      const solved = keys.filter((key) => exercises.read(key) === "solved").length;
      const answered = Math.min(questions, Object.keys(all(asked)).length); // one may be of an older question
      element.textContent = [
        questions && exercises.say("answered", { answered, all: questions }),
        keys.length && exercises.say("count", { solved, all: keys.length }),
      ].filter(Boolean).join(", ");
    }
  };
  count();
  return count;
}

/** @param {Exercises} exercises @returns {Row[]} */
function rowsOf({ KEPT, keyOf }) {
  return [...document.querySelectorAll("li [data-await-exercises]")].flatMap((element) => {
    const link = element.closest("li")?.querySelector("a[href]");
    if (!(element instanceof HTMLElement) || !(link instanceof HTMLAnchorElement)) return [];
    /** @type {string[]} */
    const names = JSON.parse(element.dataset.awaitExercises ?? "[]");
    const keys = names.map((name) => keyOf(link.pathname, name));
    const asked = ANSWERS + keyOf(link.pathname, "").slice(KEPT.length);
    return [{ element, keys, asked, questions: Number(element.dataset.awaitQuestions ?? 0) }];
  });
}

/** What begins the names of all that is kept of this site. @param {string} kind */
const ours = (kind) =>
  // Other courses may be at the same host: theirs begin with another path.
  kind + new URL(document.documentElement.dataset.content_root ?? "./", location.href).pathname;

/** What is kept, by name. @param {string} begin of the names @returns {Record<string, string>} */
function all(begin) {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(begin)).sort();
    return Object.fromEntries(names.map((name) => [name.slice(name.indexOf(":") + 1), localStorage.getItem(name) ?? ""]));
  } catch {
    return {};
  }
}

/** What a reader can do with what is kept, below a list of pages. @param {Element} list @param {Exercises} exercises */
function offer(list, { KEPT, say, make, button, refresh }) {
  const save = () => {
    const link = make("a", "");
    const kept = { exercises: all(ours(KEPT)), predictions: all(ours(ANSWERS)) };
    const data = `${JSON.stringify(kept, null, 2)}\n`;
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
      for (const kind of [KEPT, ANSWERS]) for (const name of Object.keys(all(ours(kind)))) localStorage.removeItem(kind + name);
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
