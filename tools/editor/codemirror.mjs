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
import { Decoration, EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
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
        syntaxHighlighting(classHighlighter), marked,
        keymap.of([...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off" }),
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
