// @ts-check
/**
 * Plays the runs of a comparison on one clock: at each moment a cursor in the picture, and of each run what happened last.
 *
 * Nothing runs: it is told from recordings. The texts may be those of any program, so they are only ever shown as text.
 *
 * @typedef {{ heading: string, wall: number, moments: [at: number, sentence: string][] }} Run
 * @typedef {{ end: number, runs: Run[], words: Record<string, string> }} Clock
 * @typedef {{ clock: Clock, place: HTMLElement, picture: Element }} Wanted
 * @typedef {import("./sphinx-await-player.js").Player} Player
 */

const SVG = "http://www.w3.org/2000/svg";
/** Steps of the slider; milliseconds between two frames; how much slower than it ran. */
const STEPS = 500;
const FRAME = 50;
const SPEEDS = [["real", 1], ["slow", 10]];

const sheet = new URL(import.meta.url);
sheet.pathname = sheet.pathname.replace(/\.js$/, ".css");

/** Load the style sheet once; resolves when it applies, or when it could not be loaded. */
function styled() {
  if (document.querySelector(`link[href="${CSS.escape(sheet.href)}"]`)) return null;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: sheet.href });
  const done = new Promise((resolve) => { link.onload = link.onerror = resolve; });
  document.head.append(link);
  return done;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} kind @param {string} classes @param {Record<string, string>} [attributes] @param {string} [text]
 */
function make(kind, classes, attributes = {}, text = "") {
  const made = document.createElement(kind);
  made.className = classes;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

/** @param {Wanted} wanted @returns {Promise<Player>} */
export async function playTogether({ clock: { end, runs, words }, place, picture }) {
  await styled();
  let now = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  /** @param {number} at @param {number} [digits] */
  const seconds = (at, digits = 2) => words.seconds.replace("{number}", at.toFixed(digits));

  const root = make("div", "await-clock", { role: "group", "aria-label": words.together });
  const controls = make("div", "await-controls");
  const playButton = make("button", "await-button", { type: "button" });
  const slider = make("input", "await-slider", { type: "range", min: "0", max: String(STEPS), step: "1", "aria-label": words.time });
  const count = make("span", "await-count");
  const speed = make("select", "await-speed", { "aria-label": words.speed });
  speed.append(...SPEEDS.map(([word]) => make("option", "", {}, words[word])));
  controls.append(playButton, slider, count, speed);
  const list = make("dl", "await-runs");
  const said = runs.map(({ heading }) => {
    const text = make("dd", "");
    list.append(make("dt", "", {}, heading), text);
    return text;
  });
  root.append(controls, list);
  const cursor = document.createElementNS(SVG, "g");
  const line = document.createElementNS(SVG, "line");
  cursor.setAttribute("class", "at-cursor");
  cursor.setAttribute("aria-hidden", "true");
  cursor.append(line);

  /** @param {number} at */
  const show = (at) => {
    now = Math.min(end, Math.max(0, at));
    slider.value = String(Math.round((STEPS * now) / end));
    slider.setAttribute("aria-valuetext", seconds(now));
    count.textContent = `${seconds(now)} / ${seconds(end)}`;
    const x = `${(100 * now) / end}%`;
    for (const [key, value] of [["x1", x], ["x2", x], ["y1", "16"], ["y2", "100%"]]) line.setAttribute(key, value);
    runs.forEach(({ wall, moments }, index) => {
      const last = moments.filter(([at]) => at <= now).at(-1);
      const text = now >= wall ? words.over.replace("{duration}", seconds(wall)) : (last?.[1] ?? "");
      if (said[index].textContent !== text) said[index].textContent = text;
      said[index].classList.toggle("await-over", now >= wall);
    });
  };

  const showPlaying = () => { playButton.textContent = timer ? words.pause : words.play; };

  const stop = () => {
    clearInterval(timer);
    timer = undefined;
    showPlaying();
  };

  const play = () => {
    if (now >= end) show(0);
    const [from, began] = [now, performance.now()];
    const slower = Number(SPEEDS[Math.max(0, speed.selectedIndex)][1]);
    timer = setInterval(() => {
      if (!root.isConnected) return stop();
      show(from + (performance.now() - began) / 1000 / slower);
      if (now >= end) stop();
    }, FRAME);
    showPlaying();
  };

  playButton.addEventListener("click", () => (timer ? stop() : play()));
  slider.addEventListener("input", () => {
    stop();
    show((end * Number(slider.value)) / STEPS);
  });
  speed.addEventListener("change", () => { if (timer) { stop(); play(); } });
  const close = () => {
    stop();
    root.remove();
    cursor.remove();
  };

  picture.querySelector(".at-plot")?.append(cursor);
  place.append(root);
  show(0);
  showPlaying();
  return { root, focus: () => playButton.focus({ preventScroll: true }), close };
}
