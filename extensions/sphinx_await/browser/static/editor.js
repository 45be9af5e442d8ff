// @ts-check
/**
 * An editor for one program: CodeMirror where it can be loaded, else a field of plain text. Tab leaves both.
 *
 * @typedef {{ parent: HTMLElement, code: string, label: string, onChange: (code: string) => void }} Wanted
 * @typedef {{ code: string, mark(line: number | null): void, focus(): void, destroy(): void }} Editor
 */

/**
 * @param {(() => Promise<{ create(wanted: Wanted): Editor }>) | null} bring brings CodeMirror, if there is one
 * @param {Wanted} wanted
 * @returns {Promise<Editor>}
 */
export async function openEditor(bring, wanted) {
  if (bring) {
    try {
      return (await bring()).create(wanted);
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
      if (document.activeElement === field) return; // the cursor is where its reader wants it
      const start = field.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      field.setSelectionRange(start, start);
    },
    focus: () => field.focus(),
    destroy: () => field.remove(),
  };
}
