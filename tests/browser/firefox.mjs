// Presses the button of every program of some pages in Firefox, and prints as JSON what came of it.
// Arguments: the path of Firefox, the address of the server, names of pages there.

import puppeteer from "puppeteer-core";

const PATIENCE = 60_000;
/** A picture has more rectangles than this, and icons have fewer. */
const FEW = 3;
const [executablePath, address, ...names] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
/** @type {string[]} */
const troubles = [];
const runs = [];
try {
  for (const name of names) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => troubles.push(`${name}: ${error}`));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) troubles.push(`${name}: ${message.text()}`);
    });
    page.on("request", (request) => {
      const own = request.url().startsWith(`${address}/`) || /^(data|blob|about):/.test(request.url());
      if (!own) troubles.push(`${name} asked for ${request.url()}`);
    });
    await page.goto(`${address}/${name}`);
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
      runs.push({ title, only: null, built, newer, mine: await lines(".await-mine"), drawn, pictured });
    }
    await page.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ troubles, runs }));
