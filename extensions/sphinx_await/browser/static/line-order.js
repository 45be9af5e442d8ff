// @ts-check
/**
 * The lines of a program, which a reader puts in order: an editor in which each line has buttons that move it.
 *
 * Its program is kept, run, shared and reset as that of any other editor.
 *
 * @typedef {import("./editor.js").Wanted} Wanted
 * @typedef {import("./editor.js").Editor} Editor
 * @typedef {import("./element.js").Page} Page
 * @typedef {{ lines: [text: string, isFixed: boolean][], step: number, words: Record<string, string> }} Order `step`:
 *   spaces of a step of indentation; 0: the indentation is given
 * @typedef {{ text: string, isFixed: boolean, indent: string, item: HTMLLIElement, tools: HTMLButtonElement[] }} Line
 */

const STYLE = "line-order.css";
const SIGNS = { up: "↑", down: "↓", out: "⇤", in: "⇥" };
/** More indentation means nothing. */
const MOST_STEPS = 8;

/** @type {Promise<unknown> | null} */
let style = null;

/** A line as it is said. @param {string} text */
const spoken = (text) => text.trim().replace(/\s+/g, " ");

/** @param {Page} page */
function loadStyle(page) {
  style ??= page.load(STYLE, (url) => {
    const link = page.make("link", "", { rel: "stylesheet", href: url });
    return new Promise((resolve, reject) => {
      link.addEventListener("load", resolve);
      link.addEventListener("error", () => reject(new Error(STYLE)));
      document.head.append(link);
    });
  });
  style.catch(() => { style = null; });
  return style;
}

/**
 * The lines in the order of a program: each with its index among the given ones, and its indentation. Null: it has others.
 * @param {string} code @param {Order} order @returns {{ index: number, indent: string }[] | null}
 */
function arranged(code, { lines, step }) {
  const rows = code.trimEnd().split("\n");
  const left = new Set(lines.keys());
  const found = [];
  let at = 0;
  for (const place of lines.keys()) {
    const indent = step ? (/^ */.exec(rows[at] ?? "")?.[0] ?? "") : "";
    const index = [...left].find((one) => {
      const [text, isFixed] = lines[one] ?? ["", true];
      if (isFixed !== lines[place]?.[1] || (isFixed && one !== place)) return false;
      const there = rows.slice(at, at + text.split("\n").length).join("\n");
      return there === (isFixed ? text : indent + text);
    });
    if (index === undefined) return null;
    left.delete(index);
    const [text, isFixed] = lines[index] ?? ["", true];
    found.push({ index, indent: isFixed ? "" : indent });
    at += text.split("\n").length;
  }
  return at === rows.length ? found : null;
}

/**
 * The highlighted rows of the program that the page shows, which has the given order; none if it shows other text.
 * @param {Element | null} shown @param {string[]} texts of the lines
 */
function highlighted(shown, texts) {
  const copy = /** @type {Element | undefined} */ (shown?.cloneNode(true));
  for (const number of copy?.querySelectorAll(".linenos") ?? []) number.remove();
  const rows = copy?.innerHTML.split("\n") ?? [];
  let at = 0;
  return texts.map((text) => {
    const template = document.createElement("template");
    template.innerHTML = rows.slice(at, (at += text.split("\n").length)).join("\n");
    return template.content.textContent === text ? template.content : document.createTextNode(text);
  });
}

/**
 * Null if the program has other lines than those to put in order: then only a text shows it.
 * @param {Page} page @param {Wanted} wanted @param {Order} order @param {Element | null} shown the program in the page
 * @returns {Promise<Editor | null>}
 */
export async function openLines(page, { parent, code, onChange }, order, shown) {
  const given = arranged(code, order);
  if (!given) return null;
  await loadStyle(page);
  const { make } = page;
  /** @param {string} word @param {Record<string, string | number>} [values] */
  const phrase = (word, values = {}) => (order.words[word] ?? word).replace(/\{(\w+)\}/g, (field, name) => String(values[name] ?? field));
  const box = make("div", "await-lines", { role: "group", "aria-label": phrase("label") });
  const list = make("ol", "", { role: "list" });
  const status = make("p", "await-note", { role: "status" });
  box.append(list, status);

  const pieces = highlighted(shown, order.lines.map(([text]) => text));
  /** @type {Line[]} */
  const all = order.lines.map(([text, isFixed], index) => {
    const item = make("li", isFixed ? "await-fixed" : "");
    const program = make("code", "highlight"); // which has the colours of the page
    program.append(make("span", "await-indent"), pieces[index] ?? text);
    item.append(program);
    /** @type {Line} */
    const line = { text, isFixed, indent: "", item, tools: [] };
    if (isFixed) return line;
    const tools = make("span", "await-movers");
    for (const [kind, sign] of Object.entries(SIGNS)) {
      if (!order.step && (kind === "in" || kind === "out")) continue;
      const tool = page.button("", sign, () => press(line, kind, tool));
      tool.setAttribute("aria-label", `${phrase(kind)}: ${spoken(text)}`);
      tool.title = phrase(kind);
      tool.dataset.awaitMove = kind;
      line.tools.push(tool);
    }
    tools.append(...line.tools);
    item.append(tools);
    return line;
  });
  /** The lines in the reader's order. @type {Line[]} */
  let lines = [];

  /** @param {Line} line */
  const rowsOf = ({ text }) => text.split("\n").length;
  /** The number of the first row of a line. @param {Line} line */
  const numberOf = (line) => 1 + lines.slice(0, lines.indexOf(line)).reduce((sum, one) => sum + rowsOf(one), 0);
  const text = () => lines.map((line) => line.indent + line.text).join("\n");
  /** Where a line would come. @param {Line} line @param {number} by @returns {number} -1: nowhere */
  const placeFor = (line, by) => {
    let place = lines.indexOf(line) + by;
    while (lines[place]?.isFixed) place += by;
    return place < lines.length ? place : -1;
  };
  /** @param {Line} line @param {string} kind */
  const canMove = (line, kind) => {
    if (kind === "out") return line.indent !== "";
    if (kind === "in") return line.indent.length < order.step * MOST_STEPS;
    return placeFor(line, kind === "up" ? -1 : 1) >= 0;
  };

  function show() {
    for (const line of lines) {
      line.item.dataset.awaitRow = String(numberOf(line));
      const space = line.item.querySelector(".await-indent");
      if (space) space.textContent = line.indent;
      // One that is disabled would lose the focus.
      for (const tool of line.tools) tool.setAttribute("aria-disabled", String(!canMove(line, tool.dataset.awaitMove ?? "")));
    }
  }

  /** @param {Line} line @param {string} kind @param {HTMLButtonElement} tool */
  function press(line, kind, tool) {
    if (!canMove(line, kind)) return;
    mark(null);
    if (kind === "in" || kind === "out") {
      line.indent = " ".repeat(Math.max(0, line.indent.length + (kind === "in" ? order.step : -order.step)));
      status.textContent = phrase("stepped", { line: spoken(line.text), columns: line.indent.length });
    } else {
      const [from, to] = [lines.indexOf(line), placeFor(line, kind === "up" ? -1 : 1)];
      [lines[from], lines[to]] = [/** @type {Line} */ (lines[to]), line];
      // The line itself stays in the page, so that it keeps the focus.
      for (const other of lines.slice(0, to)) line.item.before(other.item);
      for (const other of lines.slice(to + 1)) list.append(other.item);
      status.textContent = phrase("moved", { line: spoken(line.text), place: numberOf(line), all: text().split("\n").length });
    }
    show();
    tool.focus();
    onChange(text());
  }

  /** @param {number | null} row */
  function mark(row) {
    for (const line of lines) {
      const first = numberOf(line);
      line.item.classList.toggle("await-wrong", row !== null && row >= first && row < first + rowsOf(line));
    }
  }

  /** @param {{ index: number, indent: string }[]} places */
  function arrange(places) {
    lines = places.flatMap(({ index, indent }) => (all[index] ? [Object.assign(all[index], { indent })] : []));
    list.append(...lines.map(({ item }) => item));
    show();
  }

  arrange(given);
  parent.append(box);
  return {
    get code() { return text(); },
    set code(program) {
      arrange(arranged(program, order) ?? given);
      onChange(text());
    },
    mark,
    focus: () => box.querySelector("button")?.focus(),
    destroy: () => box.remove(),
  };
}
