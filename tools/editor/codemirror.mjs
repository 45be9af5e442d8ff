/**
 * CodeMirror 6 for short Python programs. Its colours are classes, which the page's style sheet defines.
 *
 * @typedef {import("../../extensions/sphinx_await/browser/static/editor.js").Wanted} Wanted
 * @typedef {import("../../extensions/sphinx_await/browser/static/editor.js").Editor} Editor
 */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, WidgetType, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

/** @type {import("@codemirror/state").StateEffectType<number | null>} */
const mark = StateEffect.define();
const marked = StateField.define({
  create: () => Decoration.none,
  update(lines, transaction) {
    let now = transaction.docChanged ? Decoration.none : lines;
    for (const effect of transaction.effects) if (effect.is(mark)) now = decorate(transaction.state, effect.value);
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** @param {EditorState} state @param {number | null} line */
function decorate(state, line) {
  if (line === null || line > state.doc.lines) return Decoration.none;
  return Decoration.set([Decoration.line({ class: "await-wrong" }).range(state.doc.line(line).from)]);
}

/** Characters that show nothing or change the order of others; of spaces all but the common one, and the tab. */
const HIDDEN = "(?![ \\t\\n])[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Co}\\p{Zl}\\p{Zp}\\p{Zs}\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f" +
  "\\u2800\\u3164\\ufe00-\\ufe0f\\uffa0\\u{e0100}-\\u{e01ef}]";
/** Letters and digits that look like those of ASCII: Greek, Cyrillic, Armenian, of full width, of mathematics. */
const ALIKE = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυικАВЕКМНОРСТУХЅІЈЬасеорухѕіјԁԛԝһӏգհոսօℓ" +
  "\\uff10-\\uff19\\uff21-\\uff3a\\uff41-\\uff5a\\u{1d400}-\\u{1d7ff}";
/** An emoji with what belongs to it, a hidden character, or a word. */
const PIECE = new RegExp(
  "\\p{Extended_Pictographic}(?:[\\ufe0f\\u200d]|\\p{Emoji_Modifier}|\\p{Extended_Pictographic})*" +
    `|(?<hidden>${HIDDEN})|(?<word>(?:(?!${HIDDEN})[\\p{L}\\p{N}\\p{M}_])+)`, "gu");
const IS_ALIKE = new RegExp(`[${ALIKE}]`, "u");
/** A word that a reader could take for one of ASCII letters; one of another language has letters of its own. */
const DECEIVES = new RegExp(`^[\\w${ALIKE}]*$`, "u");

/** Shows a character as Python's escape for it. */
class Escape extends WidgetType {
  /** @param {string} character */
  constructor(character) {
    super();
    const code = character.codePointAt(0) ?? 0;
    const [letter, digits] = code > 0xffff ? ["U", 8] : code > 0xff ? ["u", 4] : ["x", 2];
    this.text = `\\${letter}${code.toString(16).padStart(digits, "0")}`;
  }
  /** @param {Escape} other */
  eq(other) { return other.text === this.text; }
  toDOM() {
    const shown = document.createElement("span");
    shown.className = "await-escape";
    shown.textContent = this.text;
    return shown;
  }
}

/** Shows each character that would make a program look like another one: it is what it looks like. */
const escapes = StateField.define({
  create: (state) => escaped(state.doc.toString()),
  update: (shown, { docChanged, state }) => (docChanged ? escaped(state.doc.toString()) : shown),
  provide: (field) => EditorView.decorations.from(field),
});

/** @param {string} code */
function escaped(code) {
  const found = [];
  for (const { index, groups, 0: piece } of code.matchAll(PIECE)) {
    const { hidden, word } = groups ?? {};
    if (!hidden && !(word && DECEIVES.test(word))) continue;
    let at = index;
    for (const character of piece) {
      const widget = new Escape(character);
      if (hidden || IS_ALIKE.test(character)) found.push(Decoration.replace({ widget }).range(at, at + character.length));
      at += character.length;
    }
  }
  return Decoration.set(found);
}

const theme = EditorView.baseTheme({ ".await-escape": { border: "1px solid", borderRadius: "0.2em", fontSize: "0.85em" } });

/**
 * Open an editor. Tab is not bound: it leaves the editor, as it leaves every field of the page.
 * @param {Wanted} wanted @returns {Editor}
 */
export function create({ parent, code, label, onChange }) {
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: code,
      extensions: [
        lineNumbers(), history(), drawSelection(), indentOnInput(), bracketMatching(),
        highlightActiveLine(), indentUnit.of("    "), EditorState.tabSize.of(4), python(),
        syntaxHighlighting(classHighlighter), marked, escapes, theme,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        // What scrolls must hold something that the keyboard reaches. It does, but checkers look for tabindex.
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
        EditorView.updateListener.of((update) => { if (update.docChanged) onChange(view.state.doc.toString()); }),
      ],
    }),
  });
  return {
    get code() { return view.state.doc.toString(); },
    set code(text) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }); },
    mark(line) {
      /** @type {StateEffect<unknown>[]} */
      const effects = [mark.of(line)];
      if (line !== null && line <= view.state.doc.lines) {
        effects.push(EditorView.scrollIntoView(view.state.doc.line(line).from, { y: "nearest" }));
      }
      view.dispatch({ effects });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}
