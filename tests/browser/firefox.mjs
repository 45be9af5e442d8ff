// Presses the button of every program of some pages in Firefox, and prints as JSON what came of it.
// Arguments: the path of Firefox, the address of the server, names of pages there.

import { visitPages } from "./firefox_pages.mjs";

/** A picture has more rectangles than this, and icons have fewer. */
const FEW = 3;
const [executablePath, address, ...names] = process.argv.slice(2);
/** @type {object[]} */
const runs = [];
const troubles = await visitPages(executablePath, address, names, async (page, name) => {
  for (const figure of await page.$$("figure.await-run:has(.await-code)")) {
    const lines = (/** @type {string} */ within) =>
      figure.$$eval(`${within} .await-stdout .await-text`, (spans) => spans.map((span) => span.textContent));
    const title = await figure.evaluate((element) => element.dataset.name ?? "");
    const button = await figure.$(".await-go");
    if (button === null) {
      runs.push({ title, only: await figure.$eval(".await-only", (element) => element.textContent) });
      continue;
    }
    const built = await lines(":scope");
    const facts = await figure.$$eval(".await-facts", (all) => all.map((one) => one.textContent).join(" "));
    const newer = facts.includes("에서는 실행하지 않음");
    const pictured = (await figure.$$("svg rect")).length > FEW;
    await button.evaluate((element) => element instanceof HTMLElement && element.click());
    await page.waitForFunction((element) => element.querySelector("await-live[state=ended]"), {}, figure);
    const drawn = (await figure.$$(".await-mine svg rect")).length > FEW;
    runs.push({ title, only: null, built, newer, mine: await lines(".await-mine"), drawn, pictured, page: name });
  }
});
console.log(JSON.stringify({ troubles, runs }));
