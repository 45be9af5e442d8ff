// @ts-check
/**
 * Puts the edits of a page where their programs are now, as far as they are on the page.
 *
 * Authors put programs before others, rename them and change them. Edits follow their program by its key: a digest of
 * the program, a colon, and what tells it from equal programs. Edits of a program that is nowhere on the page stay where
 * they are: in that place there may be a newer program.
 *
 * @typedef {{ place: string, key: string, value: string }} Edit `value`: the stored text
 * @typedef {{ name: string, key: string }} Program
 */

/** @param {string} key */
const digestOf = (key) => key.split(":")[0];

/**
 * Change what the browser has stored.
 * @param {{ PAGE: string, OLD: string, OLD_PAGE: string }} names what the names of stored edits begin with: those of
 *   this page; those of an earlier version; that version's of this page
 * @throws {DOMException} there is no room; then all is as it was
 */
export function settle({ PAGE, OLD, OLD_PAGE }) {
  const scripts = [...document.querySelectorAll("await-live > script")];
  /** @type {Program[]} */
  const programs = scripts.map((script) => JSON.parse(script.textContent ?? ""));
  const before = new Map(Object.entries(localStorage));
  const after = settled(migrated(before, programs, PAGE, OLD, OLD_PAGE), programs, PAGE);
  try {
    change(before, after);
  } catch (error) {
    change(after, before);
    throw error;
  }
}

/** @param {Map<string, string>} from @param {Map<string, string>} to */
function change(from, to) {
  for (const name of from.keys()) if (!to.has(name)) localStorage.removeItem(name);
  for (const [name, value] of to) if (from.get(name) !== value) localStorage.setItem(name, value);
}

/**
 * What is stored, without what an earlier version stored of this page: the code below its digest, and for each place the
 * digest of its program.
 * @param {Map<string, string>} stored @param {Program[]} programs
 * @param {string} page @param {string} old @param {string} oldPage
 */
function migrated(stored, programs, page, old, oldPage) {
  const result = new Map(stored);
  const takeOver = (/** @type {string} */ place, /** @type {string} */ digest) => {
    const code = stored.get(old + digest);
    if (code !== undefined && !result.has(place)) result.set(place, `${digest}\n${code}`);
  };
  for (const [name, digest] of stored) {
    if (!name.startsWith(oldPage)) continue;
    takeOver(page + name.slice(oldPage.length), digest);
    result.delete(name);
  }
  const elsewhere = new Set([...result].flatMap(([name, digest]) => (name.startsWith(old) && name.includes("#") ? [digest] : [])));
  const taken = new Set([...stored].flatMap(([name, digest]) => (name.startsWith(oldPage) ? [digest] : [])));
  for (const { name, key } of programs) {
    const digest = digestOf(key);
    if (!elsewhere.has(digest) && !taken.has(digest)) takeOver(page + name, digest); // from before places were stored
    taken.add(digest);
  }
  for (const digest of taken) if (!elsewhere.has(digest)) result.delete(old + digest);
  return result;
}

/**
 * What is stored, with each edit of this page in the place of its program.
 * @param {Map<string, string>} stored @param {Program[]} programs @param {string} page
 */
function settled(stored, programs, page) {
  /** @type {Edit[]} */
  let left = [...stored].filter(([name]) => name.startsWith(page))
    .map(([place, value]) => ({ place, key: value.split("\n")[0], value }));
  const result = new Map(stored);
  /** @type {Map<string, Program>} */
  const free = new Map(programs.map((program) => [page + program.name, program]));
  /** @type {[string, string][]} */
  const homes = [];
  /** @param {(edit: Edit, program: Program, place: string) => boolean} belongs */
  const find = (belongs) => {
    left = left.filter((edit) => {
      const [place, program] = [...free].find(([place, program]) => belongs(edit, program, place)) ?? [];
      if (place === undefined || !program) return true;
      free.delete(place);
      result.delete(edit.place);
      homes.push([place, program.key + edit.value.slice(edit.key.length)]);
      return false;
    });
  };
  find((edit, { key }) => edit.key === key);
  const isSame = (/** @type {Edit} */ edit, /** @type {Program} */ { key }) => digestOf(edit.key) === digestOf(key);
  find((edit, program, place) => edit.place === place && isSame(edit, program));
  find(isSame); // it was renamed
  for (const [place, value] of homes) result.set(place, value);
  return result;
}
