// Steps through runs in Firefox by button, slider, keyboard and play, and prints as JSON what was shown.
// Arguments: the path of Firefox, the address of the server, names of pages there, of each of which one run is stepped through.

import { readFile } from "node:fs/promises";
import { visitPages } from "./firefox_pages.mjs";
import { playerState } from "./player_state.mjs";

const [executablePath, address, ...names] = process.argv.slice(2);
const axe = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf-8");
/** @type {object[]} */
const pages = [];
const troubles = await visitPages(executablePath, address, names, async (page, name) => {
  const figure = await page.waitForSelector("figure.await-run:has(> .await-outputs):has(.await-step):has(.await-go)");
  if (figure === null) throw new Error(`${name} has no run to step through`);
  const shown = () => figure.evaluate(playerState);
  /** Press a button of a player. @param {string} label @param {string} [player] */
  const press = async (label, player = ".await-player") => {
    const button = await figure.waitForSelector(`${player} button[aria-label="${label}"]`, { visible: true });
    await button?.click();
  };
  /** Step through to the end. @param {string} [player] */
  const steps = async (player = ".await-player") => {
    const all = [await shown()];
    const last = Number(await figure.$eval(`${player} .await-slider`, (slider) => slider.getAttribute("max")));
    while (all.length <= last) {
      await press("한 걸음 앞으로", player);
      all.push(await shown());
    }
    return all;
  };
  await (await figure.$(".await-step"))?.click();
  await figure.waitForSelector(".await-player", { visible: true });
  const built = await steps();
  const slider = await figure.$(".await-player .await-slider");
  await slider?.focus();
  await page.keyboard.press("Home");
  const first = await shown();
  await page.keyboard.press("ArrowRight");
  const second = await shown();
  await figure.$eval(".await-player .await-speed", (element) => {
    if (element instanceof HTMLSelectElement) element.value = "by_step_fast";
  });
  await press("재생");
  await page.waitForFunction(
    (element) => element.querySelector(".await-player .await-count")?.textContent?.startsWith("3 / "), {}, figure,
  );
  await press("일시 정지");
  const paused = await shown();
  await page.evaluate(axe);
  const findings = await page.evaluate(async () => {
    // @ts-expect-error - the script that was evaluated before defines it
    const { violations } = await axe.run();
    return violations.map((/** @type {{ id: string }} */ one) => one.id);
  });
  await figure.$eval(".await-go", (element) => element instanceof HTMLElement && element.click());
  await page.waitForFunction((element) => element.querySelector("await-live[state=ended]"), {}, figure);
  await figure.$eval(".await-mine .await-step", (element) => element instanceof HTMLElement && element.click());
  await figure.waitForSelector(".await-player.await-of-mine", { visible: true });
  const mine = await steps(".await-player.await-of-mine");
  pages.push({ name, built, first, second, paused, findings, mine });
});
console.log(JSON.stringify({ troubles, pages }));
