// @ts-check
/**
 * An editor for one program: CodeMirror, or a text field where that cannot be loaded. Tab leaves both.
 *
 * @typedef {{ parent: HTMLElement, code: string, label: string, onChange: (code: string) => void }} Wanted
 * @typedef {{ code: string, mark(line: number | null): void, focus(): void, destroy(): void }} Editor
 */

/**
 * @param {(() => Promise<{ create(wanted: Wanted): Editor }>) | null} load loads CodeMirror; null if it was not built
 * @param {Wanted} wanted
 * @returns {Promise<Editor>}
 */
export async function openEditor(load, wanted) {
  if (load) {
    try {
      return (await load()).create(wanted);
    } catch (error) {
      console.info("await-live: a text field instead of the editor:", error);
    }
  }
  return openField(wanted);
}

/** @param {Wanted} wanted @returns {Editor} */
function openField({ parent, code, label, onChange }) {
  const field = document.createElement("textarea");
  field.className = "await-field";
  field.setAttribute("aria-label", label);
  Object.assign(field, { value: code, spellcheck: false, autocapitalize: "off", wrap: "off" });
  const fit = () => { field.rows = field.value.split("\n").length + 1; };
  field.addEventListener("input", () => {
    field.removeAttribute("aria-invalid");
    fit();
    onChange(field.value);
  });
  fit();
  parent.append(field);
  return {
    get code() { return field.value; },
    set code(text) {
      field.value = text;
      fit();
      onChange(text);
    },
    mark(line) {
      if (line === null) return field.removeAttribute("aria-invalid");
      field.setAttribute("aria-invalid", "true");
      if (document.activeElement === field) return; // the reader has put the cursor there
      const start = field.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      field.setSelectionRange(start, start);
    },
    focus: () => field.focus(),
    destroy: () => field.remove(),
  };
}
