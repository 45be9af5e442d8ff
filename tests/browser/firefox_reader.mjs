// Edits a program, solves an exercise and searches in Firefox, by keys, and prints as JSON what came of it.
// Arguments: the path of Firefox, the address of the server, and as JSON what is done there (TASKS in test_firefox.py).

import { visitPages } from "./firefox_pages.mjs";
import { runState } from "./run_state.mjs";

/** @typedef {import("puppeteer-core").Page} Page @typedef {import("puppeteer-core").ElementHandle} ElementHandle */

const [executablePath, address, json] = process.argv.slice(2);
/**
 * @type {{ page: string, start: string, run: string, typed: string, exercise: string, answered: string, wrong: string,
 *   right: string, told: string, solved: string, searches: string[], isSearched: string, results: string }}
 */
const tasks = JSON.parse(json);
/** As on a desk, where the field of the search is beside the page. */
const DESK = { width: 1280, height: 900 };

/** @param {Page} page @param {string} selector @returns {Promise<ElementHandle>} */
async function first(page, selector) {
  const found = await page.waitForSelector(selector);
  if (found === null) throw new Error(`there is no ${selector}`);
  return found;
}

/** Press a key while the control key is held. @param {Page} page @param {import("puppeteer-core").KeyInput} key */
async function control(page, key) {
  await page.keyboard.down("Control");
  await page.keyboard.press(key);
  await page.keyboard.up("Control");
}

/** Open the editor of a figure. @param {Page} page @param {string} figure */
async function edit(page, figure) {
  await (await first(page, `${figure} .await-edit`)).focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.role === "textbox");
}

/**
 * Put a text in place of all in the editor, by the clipboard since the editor indents what is typed, and run it.
 * @param {Page} page @param {string} text
 */
async function runInstead(page, text) {
  await control(page, "a");
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await control(page, "v");
  await control(page, "Enter");
}

/** @param {Page} page @param {string} selector @param {string} text */
async function waitForText(page, selector, text) {
  await page.waitForFunction(
    (where, wanted) => document.querySelector(where)?.textContent?.includes(wanted), {}, selector, text,
  );
}

/** Type at the end of a program, and run it. @param {Page} page */
async function runAnEdit(page) {
  const figure = await first(page, tasks.run);
  await edit(page, tasks.run);
  await control(page, "End");
  await page.keyboard.press("Enter");
  await page.keyboard.type(tasks.typed);
  await control(page, "Enter");
  await page.waitForFunction((element) => element.querySelector("await-live[state=ended]"), {}, figure);
  return figure.evaluate(runState);
}

/** Answer wrongly, then rightly, and come back. @param {Page} page */
async function solve(page) {
  const sign = () => page.$eval(`${tasks.exercise} .await-solved`, (element) => element.textContent);
  await edit(page, tasks.answered);
  await runInstead(page, tasks.wrong);
  await waitForText(page, `${tasks.answered} .await-told`, tasks.told);
  const wrong = await sign();
  await runInstead(page, tasks.right);
  await waitForText(page, `${tasks.answered} await-live [role=status]`, tasks.solved);
  const right = await sign();
  const checks = await page.$$eval(`${tasks.answered} .await-checks li`, (all) =>
    all.map((check) => check.classList.contains("await-passed")));
  await page.reload();
  await first(page, `${tasks.exercise} .await-solved`);
  return { wrong, right, checks, later: await sign() };
}

/** Search from the field beside a page, and open the first result of the last search. @param {Page} page */
async function search(page) {
  await page.setViewport(DESK);
  /** @type {Record<string, string[]>} */
  const links = {};
  for (const query of tasks.searches) {
    await page.goto(`${address}/${tasks.start}`);
    await (await first(page, ".sidebar-search")).focus();
    await page.keyboard.type(query);
    await page.keyboard.press("Enter");
    await page.waitForFunction(`(${tasks.isSearched})()`);
    links[query] = await page.$$eval(tasks.results, (all) => all.map((link) => link.getAttribute("href") ?? ""));
  }
  await (await first(page, tasks.results)).focus();
  await page.keyboard.press("Enter");
  await first(page, "section span.highlighted");
  return { links, section: await page.evaluate(() => decodeURIComponent(location.hash)) };
}

/** @type {Record<string, unknown>} */
const came = {};
const visits = [
  async (/** @type {Page} */ page) => { came.edited = await runAnEdit(page); },
  async (/** @type {Page} */ page) => { came.exercise = await solve(page); },
  async (/** @type {Page} */ page) => { came.searched = await search(page); },
];
const names = [tasks.page, tasks.page, tasks.start];
const troubles = await visitPages(executablePath, address, names, async (page) => visits.shift()?.(page));
console.log(JSON.stringify({ troubles, ...came }));
