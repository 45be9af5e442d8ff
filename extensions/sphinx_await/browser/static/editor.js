// @ts-check
/**
 * An editor for one program: CodeMirror where it can be loaded, else a field of plain text. Tab leaves both.
 *
 * @typedef {{ parent: HTMLElement, code: string, label: string, onChange: (code: string) => void }} Wanted
 * @typedef {{ code: string, mark(line: number | null): void, focus(): void, destroy(): void }} Editor
 */

/**
 * @param {string | null} codemirror the address of CodeMirror, if there is one
 * @param {Wanted} wanted
 * @returns {Promise<Editor>}
 */
export async function openEditor(codemirror, wanted) {
  if (codemirror) {
    try {
      return (await import(codemirror)).create(wanted);
    } catch (error) {
      console.info("await-live: a field of plain text instead of the editor:", error);
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
      const lines = field.value.split("\n");
      const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      field.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    },
    focus: () => field.focus(),
    destroy: () => field.remove(),
  };
}
