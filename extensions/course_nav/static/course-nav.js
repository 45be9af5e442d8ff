// Alt and an arrow lead to the previous and next page: where the buttons lead, since both come from <link rel>.
// Alt with left and right is every browser's history but on Apple's systems, and there up and down scroll; so each
// gets the pair that is free.
"use strict";
{
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);

  /** @type {Readonly<Record<string, string>>} */
  const rels = apple ? { ArrowLeft: "prev", ArrowRight: "next" } : { ArrowUp: "prev", ArrowDown: "next" };

  const taking =
    "input, textarea, select, option, audio, video, [contenteditable], [role=textbox], [role=searchbox], " +
    "[role=combobox], [role=listbox], [role=slider], [role=spinbutton], [role=menu], [role=tree], [role=grid]";

  /**
   * Whether keys pressed in an element are meant for it.
   * @param {EventTarget | undefined} place
   * @returns {boolean}
   */
  const takesKeys = (place) =>
    place instanceof Element &&
    ((place instanceof HTMLElement && place.isContentEditable) || place.closest(taking) !== null);

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const rel = rels[event.key];
    const link = rel && document.querySelector(`link[rel="${rel}"]`);
    // The composed path sees through open shadow roots, in which an editor may stand.
    if (!(link instanceof HTMLLinkElement) || !link.href || event.composedPath().some(takesKeys)) return;
    event.preventDefault();
    window.location.assign(link.href);
  });
}
