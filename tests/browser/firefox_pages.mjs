// What the scripts for Firefox share: a browser, and pages whose errors are noted.

import puppeteer from "puppeteer-core";

const PATIENCE = 60_000;

/**
 * Open pages of a server in Firefox, one after another, and close it.
 * @param {string} executablePath of Firefox @param {string} address @param {string[]} names
 * @param {(page: import("puppeteer-core").Page, name: string) => Promise<void>} visit
 * @returns {Promise<string[]>} errors, warnings and requests to other servers
 */
export async function visitPages(executablePath, address, names, visit) {
  const browser = await puppeteer.launch({ browser: "firefox", executablePath, headless: true });
  /** @type {string[]} */
  const troubles = [];
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
      await visit(page, name);
      await page.close();
    }
  } finally {
    await browser.close();
  }
  return troubles;
}
