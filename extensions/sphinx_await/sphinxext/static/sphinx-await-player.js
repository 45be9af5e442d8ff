// @ts-check
/**
 * Steps through a recorded run. Its texts may be those of any program, so they are only ever shown as text.
 *
 * @typedef {import("./sphinx-await-scale.js").Change} Change
 * @typedef {import("./sphinx-await-scale.js").Steps} Steps
 * @typedef {{ steps: Steps, figure: HTMLElement, picture: Element, name: string, code?: () => string | null }} Wanted
 *   `code`: the program that the figure shows if it is the one that ran, else null; none for the page's own run
 * @typedef {{ root: HTMLElement, focus(): void, close(): void }} Player
 */

const SVG = "http://www.w3.org/2000/svg";
const MOST_TASKS = 12;
const MOST_NAMES = 3;
const COLOURS = 6;
/** Milliseconds between two steps. */
const LONGEST = 60_000;
const SHORTEST = 40;
/** @type {Record<string, [sign: string, word: string]>} */
const PHASES = {
  n: ["◌", "phase_new"], r: ["▶", "phase_running"], w: ["○", "phase_waiting"], q: ["◐", "phase_ready"],
  e: ["✓", "phase_over"], x: ["✗", "phase_raised"], c: ["⊘", "phase_cancelled"], d: ["†", "phase_destroyed"],
  s: ["○", "phase_suspended"], l: ["□", "phase_closed"],
};
/** Those that have a line, in the order of a long list. */
const ALIVE = "rqwsn";
/** Milliseconds until the next step. @type {[string, (seconds: number) => number][]} */
const SPEEDS = [
  ["by_step", () => 1000],
  ["by_step_fast", () => 333],
  ["by_time", (seconds) => seconds * 1000],
  ["by_time_slow", (seconds) => seconds * 10_000],
];

const sheet = new URL(import.meta.url);
sheet.pathname = sheet.pathname.replace(/\.js$/, ".css");

let styled = () => {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: sheet.href });
  const done = new Promise((resolve) => { link.onload = link.onerror = resolve; });
  document.head.append(link);
  styled = () => done;
  return done;
};

/** @type {typeof import("./sphinx-await-scale.js").drawSteps | undefined} */
let drawSteps;

/** Without it the picture stays as it is. */
const loadScale = () =>
  import(import.meta.url.replace("player.js", "scale.js")).then((scale) => { drawSteps = scale.drawSteps; }, () => {});

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

/** @param {string} words @param {Record<string, string | number>} values */
const fill = (words, values) => words.replace(/\{(\w+)\}/g, (field, name) => String(values[name] ?? field));

/** @param {number | null} lane */
const colourOf = (lane) => `await-lane-${(lane ?? 0) % COLOURS}`;

/**
 * The box of a line of a program that is shown, as the browser lays it out; null if it is not there.
 * @param {Element} shown @param {number} line from 1
 */
function boxOf(shown, line) {
  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  let current = 1;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement?.closest(".linenos, .gp, .go")) continue;
    const text = node.nodeValue ?? "";
    for (let at = 0; at < text.length; at += 1) {
      if (current === line && text[at].trim()) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect();
      }
      if (text[at] === "\n") current += 1;
      if (current > line) return null;
    }
  }
  return null;
}

/** Where each task is after a step. @param {Steps} steps @param {number} index */
function positionsAt({ moments }, index) {
  /** @type {Map<number, Change>} */
  const positions = new Map();
  for (const [, , , changes] of moments.slice(0, index + 1)) for (const change of changes) positions.set(change[0], change);
  return positions;
}

/**
 * What holds a figure and clips it without ever scrolling: in such an element nothing can stay in view.
 * @param {Element} figure
 */
function clipping(figure) {
  const found = [];
  for (let one = figure.parentElement; one && one !== document.body; one = one.parentElement) {
    if (getComputedStyle(one).overflowY !== "visible" && one.scrollHeight <= one.clientHeight) found.push(one);
  }
  return found;
}

/** @param {Wanted} wanted @returns {Promise<Player>} */
export async function stepThrough({ steps, figure, picture, name, code }) {
  await Promise.all([styled(), steps.crowded && loadScale()]);
  const { words, moments, tasks } = steps;
  const last = moments.length - 1;
  let index = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const root = make("div", `await-player${code ? " await-of-mine" : ""}`, { role: "group", "aria-label": fill(words.player, { name }) });
  const controls = make("div", "await-controls");
  /** @param {string} sign @param {string} word @param {() => void} press */
  const button = (sign, word, press) => {
    const made = make("button", "await-button", { type: "button", "aria-label": words[word], title: words[word] }, sign);
    made.addEventListener("click", press);
    controls.append(made);
    return made;
  };
  button("◀", "back", () => go(index - 1));
  const playButton = button(words.play, "play", () => (timer ? stop() : play()));
  button("▶", "forward", () => go(index + 1));
  const slider = make("input", "await-slider", {
    type: "range", min: "0", max: String(last), step: "1", "aria-label": words.slider, title: words.keys,
  });
  const speed = make("select", "await-speed", { "aria-label": words.speed });
  speed.append(...SPEEDS.map(([word]) => make("option", "", { value: word }, words[word])));
  const count = make("span", "await-count");
  const scale = button(words.scale, "scale", async () => {
    await loadScale();
    isByStep = !isByStep && !!drawSteps;
    showScale();
    showCursor();
  });
  controls.append(slider, count, speed, scale);
  const sentence = make("p", "await-sentence", { role: "status", "aria-live": "polite" });
  const list = make("ul", "await-where", { "aria-label": words.tasks });
  root.append(sentence, list, controls);
  const marks = make("div", "await-marks", { "aria-hidden": "true" });
  const cursor = document.createElementNS(SVG, "g");
  cursor.setAttribute("class", "at-cursor");
  cursor.setAttribute("aria-hidden", "true");
  const plot = picture.querySelector(".at-plot");
  const names = picture.querySelectorAll(".at-side .at-name");
  let isByStep = steps.crowded && !!drawSteps;
  /** A lane's name is two pixels above its middle: core/renderers/svg.py draws both. @param {number | null} lane */
  const middleOf = (lane) => (lane === null || !names[lane] ? null : Number(names[lane].getAttribute("y")) + 2);
  /** @param {number} step */
  const placeOf = (step) => `${(100 * step) / moments.length}%`;

  /** @param {number} to */
  const go = (to) => {
    stop();
    show(to);
  };

  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    showPlaying();
  };

  const showPlaying = () => {
    const word = timer ? "pause" : "play";
    playButton.textContent = playButton.title = words[word];
    playButton.setAttribute("aria-label", words[word]);
    // As it ran, sentences come faster than they can be read out.
    sentence.setAttribute("aria-live", timer && speed.value !== "by_step" ? "off" : "polite");
  };

  const play = () => {
    if (index === last) show(0);
    const next = () => {
      const [, pause] = SPEEDS[Math.max(0, speed.selectedIndex)];
      const wait = Math.min(LONGEST, Math.max(SHORTEST, pause(moments[index + 1][0] - moments[index][0])));
      timer = setTimeout(() => {
        if (!root.isConnected) return;
        show(index + 1);
        if (index < last) next();
        else stop();
      }, wait);
    };
    next();
    showPlaying();
  };

  /** @param {number} to */
  const show = (to) => {
    index = Math.max(0, Math.min(last, to));
    const [at, text] = moments[index];
    const number = index + 1;
    slider.value = String(index);
    slider.setAttribute("aria-valuetext", fill(words.count, { number, count: moments.length }));
    count.textContent = `${number} / ${moments.length} · ${at.toFixed(3)}`;
    if (sentence.textContent !== text) sentence.textContent = text;
    const positions = positionsAt(steps, index);
    showTasks(positions);
    root.style.minHeight = `${root.offsetHeight}px`; // so the buttons stay in place
    showOutput();
    showCursor();
    follow(showMarks(positions));
  };

  /** @param {Map<number, Change>} positions */
  const showTasks = (positions) => {
    const now = moments[index][2];
    /** @param {Change} change */
    const rank = ([task, phase]) => (task === now ? -1 : (ALIVE + phase).indexOf(phase));
    const all = [...positions.values()];
    const kept = new Set(all.length > MOST_TASKS ? [...all].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_TASKS) : all);
    const items = all.filter((one) => kept.has(one)).sort((a, b) => a[0] - b[0]).map((change) => item(change, now));
    if (all.length > kept.size) items.push(make("li", "", {}, fill(words.more, { count: all.length - kept.size })));
    list.replaceChildren(...items);
  };

  /** @param {Change} change @param {number | null} now */
  const item = ([task, phase, line, isAfter, chain, file, note], now) => {
    const [taskName, coro] = tasks[task];
    const [, word] = PHASES[phase];
    const made = make("li", `await-phase-${phase}${task === now ? " await-now" : ""}`);
    made.append(chip(task, phase, false), " ", make("span", "await-phase", {}, words[word]));
    if (ALIVE.includes(phase)) {
      made.append(" ", make("code", "await-chain", {}, chain || coro || taskName));
      const [exact, after] = file ? [words.file_line, words.after_file_line] : [words.line, words.after];
      if (line) made.append(" ", make("span", "await-place", {}, fill(isAfter ? after : exact, { line, file: file ?? "" })));
      if (note) made.append(" ", make("span", "await-cause", {}, note));
    }
    return made;
  };

  /** The name of a task, with a sign of what it is doing. @param {number} task @param {string} phase @param {boolean | number} isAfter */
  const chip = (task, phase, isAfter) => {
    const [taskName, , lane] = tasks[task];
    const made = make("span", `await-chip await-chip-${phase} ${colourOf(lane)}`);
    made.append(make("span", "await-sign", { "aria-hidden": "true" }, PHASES[phase][0]), make("span", "", {}, taskName + (isAfter ? " …" : "")));
    return made;
  };

  const rows = () =>
    [...figure.querySelectorAll(".await-output")].filter((row) => Boolean(row.closest(".await-mine")) === Boolean(code));

  const showOutput = () => {
    const shown = new Set(moments.slice(0, index + 1).flatMap((moment) => moment[4]));
    const now = new Set(moments[index][4]);
    rows().forEach((row, number) => {
      row.classList.toggle("await-later", !shown.has(number));
      row.classList.toggle("await-now", now.has(number));
    });
  };

  const showCursor = () => {
    const [, , task, , , place] = moments[index];
    const x = isByStep ? placeOf(index + 0.5) : `${place}%`;
    const lane = task === null ? null : tasks[task][2];
    const cy = middleOf(lane);
    /** @param {string} kind @param {Record<string, string | number>} values */
    const part = (kind, values) => {
      const made = document.createElementNS(SVG, kind);
      for (const [key, value] of Object.entries(values)) made.setAttribute(key, String(value));
      return made;
    };
    cursor.replaceChildren(part("line", { x1: x, x2: x, y1: 16, y2: "100%" }));
    if (cy !== null) cursor.append(part("circle", { class: colourOf(lane), cx: x, cy, r: 9 }));
  };

  const showScale = () => {
    scale.setAttribute("aria-pressed", String(isByStep));
    plot?.classList.toggle("at-by-step", isByStep);
    plot?.querySelector(".at-steps")?.remove();
    if (plot && isByStep) drawSteps?.({ steps, plot, cursor, middleOf, placeOf, phases: PHASES, fill });
  };

  /** Where lines are marked: what holds the marks, and how to find the box of a line; null if the page shows another program. */
  const place = () => {
    const shown = code?.();
    if (shown === null || !root.checkVisibility()) return null;
    const desk = figure.querySelector(".await-desk");
    if (desk?.querySelector(".cm-editor")) {
      if (!code) return null;
      const numbers = [...desk.querySelectorAll(".cm-lineNumbers .cm-gutterElement")];
      /** @param {number} line */
      const find = (line) => numbers.find((one) => one.textContent === String(line) && one.clientHeight)?.getBoundingClientRect();
      return { holder: desk, find };
    }
    const holder = figure.querySelector(":scope > .await-code");
    // The first <pre> of a table has the numbers.
    const block = holder?.querySelector("td.code pre") ?? holder?.querySelector("pre");
    if (!holder || !block || !holder.checkVisibility()) return null;
    const first = Number.parseInt(holder.querySelector(".linenos")?.textContent ?? "", 10) || 1;
    return { holder, find: (/** @type {number} */ line) => boxOf(block, line - first + 1) };
  };

  /** Gives the mark of the step's own task. @param {Map<number, Change>} positions */
  const showMarks = (positions) => {
    let own;
    const at = place();
    marks.remove();
    marks.replaceChildren();
    if (!at) return;
    at.holder.prepend(marks);
    const top = marks.getBoundingClientRect().top;
    /** @type {Map<number, Change[]>} */
    const byLine = new Map();
    for (const change of positions.values()) {
      const line = change[5] ? null : change[2];
      if (line && ALIVE.includes(change[1])) byLine.set(line, [...(byLine.get(line) ?? []), change]);
    }
    for (const [line, here] of byLine) {
      const box = at.find(line);
      if (!box) continue;
      here.sort((a, b) => ALIVE.indexOf(a[1]) - ALIVE.indexOf(b[1]));
      const [task, phase] = here[0];
      const mark = make("div", `await-mark-line await-mark-${phase} ${colourOf(tasks[task][2])}`);
      mark.style.top = `${box.top - top}px`;
      mark.style.height = `${box.height}px`;
      mark.append(...here.slice(0, MOST_NAMES).map(([one, phase, , isAfter]) => chip(one, phase, isAfter)));
      if (here.length > MOST_NAMES) mark.append(make("span", "await-chip", {}, `+${here.length - MOST_NAMES}`));
      marks.append(mark);
      if (here.some(([one]) => one === moments[index][2])) own = mark;
    }
    return own;
  };

  /** Keeps a mark above the player while the window shows mostly code. @param {HTMLElement | undefined} mark */
  const follow = (mark) => {
    const { top = 0, bottom = 0 } = marks.parentElement?.getBoundingClientRect() ?? {};
    const foot = root.getBoundingClientRect().top;
    if (!mark || Math.min(bottom, foot) - Math.max(top, 0) < foot / 2) return;
    mark.style.scrollMargin = `5rem 0 ${root.offsetHeight + 9}px`;
    mark.scrollIntoView({ block: "nearest" });
  };

  const redraw = () => {
    if (!root.isConnected) return close();
    showScale();
    showMarks(positionsAt(steps, index));
  };

  /** An editor knows its new program only after the event. */
  const edited = () => setTimeout(() => { if (root.isConnected) redraw(); }, 50);

  const close = () => {
    clearTimeout(timer);
    timer = undefined;
    observer.disconnect();
    figure.removeEventListener("input", edited);
    root.remove();
    marks.remove();
    cursor.remove();
    isByStep = false;
    showScale();
    for (const one of clips) one.classList.remove("await-clips");
    for (const row of rows()) row.classList.remove("await-later", "await-now");
    for (const lane of names) lane.classList.remove("at-named", ...lanes);
  };

  const lanes = Array.from({ length: COLOURS }, (_, lane) => colourOf(lane));
  const observer = new ResizeObserver(redraw);
  const clips = clipping(figure);

  slider.addEventListener("input", () => go(Number(slider.value)));
  speed.addEventListener("change", () => { if (timer) { stop(); play(); } });
  root.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target === speed) return;
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key];
    if (to !== undefined) go(to);
    else if (event.key === " " && !(event.target instanceof HTMLButtonElement)) timer ? stop() : play();
    else return;
    event.preventDefault();
  });
  figure.addEventListener("input", edited);

  for (const lane of new Set(tasks.map(([, , lane]) => lane))) {
    if (lane !== null) names[lane]?.classList.add("at-named", colourOf(lane));
  }
  plot?.append(cursor);
  showScale();
  /** @type {Element | null} */
  let own = picture; // or the fold that it is in
  while (own && own.parentElement !== figure) own = own.parentElement;
  if (own && !code) own.after(root);
  else figure.append(root);
  for (const one of clips) one.classList.add("await-clips");
  show(0);
  observer.observe(root);
  for (const box of figure.querySelectorAll(":scope > .await-code, .await-desk")) observer.observe(box);
  return { root, focus: () => slider.focus({ preventScroll: true }), close };
}
