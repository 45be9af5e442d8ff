// Presses the button of every program of some pages in Firefox, and prints as JSON what came of it.
// Arguments: the path of Firefox, the address of the server, names of pages there.

import { visitPages } from "./firefox_pages.mjs";
import { runState } from "./run_state.mjs";

const [executablePath, address, ...names] = process.argv.slice(2);
/** @type {object[]} */
const runs = [];
const troubles = await visitPages(executablePath, address, names, async (page, name) => {
  for (const figure of await page.$$("figure.await-run:has(.await-code)")) {
    const button = await figure.$(".await-go");
    if (button !== null) {
      await button.evaluate((element) => element instanceof HTMLElement && element.click());
      await page.waitForFunction((element) => element.querySelector("await-live[state=ended]"), {}, figure);
    }
    runs.push({ ...(await figure.evaluate(runState)), page: name });
  }
});
console.log(JSON.stringify({ troubles, runs }));
