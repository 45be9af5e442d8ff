// @ts-check
/**
 * A mark in a picture and its lines of output light up together: pointed at, focused or tapped. Without this script
 * each leads to the other: both are links.
 *
 * A button below each picture steps through its run, or plays the runs of a comparison on one clock. The press loads
 * that, and the steps.
 */

const LIT = "at-lit";

/** The lines of output that lead to a mark. @param {Element} mark */
function linesOf(mark) {
  const links = document.querySelectorAll(`.await-time a[href="#${CSS.escape(mark.id)}"]`);
  return [...links].map((link) => link.closest(".await-output")).filter((line) => line !== null);
}

/** The mark of a line of output. @param {Element} line */
function markOf(line) {
  const target = line.querySelector(".await-time a")?.getAttribute("href");
  return target ? document.getElementById(target.slice(1)) : null;
}

/** What belongs to a mark or a line. @param {EventTarget | null} target */
function together(target) {
  if (!(target instanceof Element)) return [];
  const line = target.closest(".await-output");
  const mark = line ? markOf(line) : target.closest(".at-out");
  if (!mark) return [];
  return [mark, ...(line ? [line] : linesOf(mark))];
}

/** @param {Event} event */
function light(event) {
  const chosen = together(event.target);
  for (const element of document.querySelectorAll(`.${LIT}`)) {
    if (!chosen.includes(element)) element.classList.remove(LIT);
  }
  for (const element of chosen) element.classList.add(LIT);
}

for (const figure of document.querySelectorAll(".await-run:has(.await-picture)")) {
  for (const kind of ["pointerover", "focusin", "click"]) figure.addEventListener(kind, light);
  figure.addEventListener("pointerleave", light);
}

const tag = document.querySelector("script[data-await-player]");
/** @type {Record<"script" | "step" | "clock" | "together" | "failed" | "hint", string> | null} */
const offer = tag && JSON.parse(tag.getAttribute("data-await-player") ?? "null");

/** @param {string} file */
const load = (file) => import(new URL(file, import.meta.url).href);

/** @param {HTMLElement} place @param {HTMLElement} figure @param {NonNullable<typeof offer>} offer */
function offerSteps(place, figure, { script, clock, failed, ...words }) {
  const file = place.dataset.clock;
  const step = file ? words.together : words.step;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "await-button await-step";
  button.textContent = step;
  button.setAttribute("aria-expanded", "false");
  place.append(button);
  /** @type {import("./sphinx-await-player.js").Player | null} */
  let player = null;
  let isLoading = false;
  const open = async () => {
    const [{ stepThrough, playTogether }, answer] = await Promise.all([
      load(file ? clock : script),
      fetch(file ?? place.dataset.steps ?? ""),
    ]);
    if (!answer.ok) throw new Error(String(answer.status));
    const picture = /** @type {Element} */ (place.closest(".await-picture"));
    const steps = await answer.json();
    player = file
      ? await playTogether({ clock: steps, place, picture })
      : await stepThrough({ steps, figure, picture, name: figure.dataset.name ?? "" });
    player?.focus();
  };
  button.addEventListener("click", async () => {
    if (isLoading) return;
    isLoading = true;
    hint?.remove(); // they know
    button.textContent = step;
    if (player) player = player.close() ?? null;
    else await open().catch(() => { button.textContent = `${step}: ${failed}`; });
    button.setAttribute("aria-expanded", String(player !== null));
    isLoading = false;
  });
}

for (const place of document.querySelectorAll(".await-steps")) {
  const figure = place.closest("figure");
  if (offer && figure && place instanceof HTMLElement) offerSteps(place, figure, offer);
}

/** @type {HTMLTemplateElement | null} */
const form = document.querySelector(".await-picture > template");
const hint = form?.content.firstElementChild;
const known = "sphinx-await-hint";
const tell = () => load(offer?.hint ?? "").then(({ show }) => show(hint, known)).catch(() => {});
try {
  if (hint && !localStorage.getItem(known)) {
    form.replaceWith(hint);
    addEventListener("scroll", tell, { once: true });
  }
} catch {
  // Nothing is kept: it would come on every page.
}
