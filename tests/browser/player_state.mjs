/**
 * What a player shows at a step, as a browser lays it out. It is evaluated in pages of several browsers, and compared.
 * @param {Element} figure
 */
export function playerState(figure) {
  const player = [...figure.querySelectorAll(".await-player")].find((one) => one.getClientRects().length > 0);
  const text = (/** @type {Element | null | undefined} */ element) => (element?.textContent ?? "").replace(/\s+/g, " ").trim();
  const shown = figure.querySelector(".await-code");
  /** The lines of the code that have a mark, by their height on the page, as texts of the marks in order. */
  const marks = [...figure.querySelectorAll(".await-mark-line")]
    .map((mark) => ({ top: mark.getBoundingClientRect().top, names: text(mark) }))
    .sort((one, other) => one.top - other.top);
  return {
    sentence: text(player?.querySelector("[role=status]")),
    count: text(player?.querySelector(".await-count")),
    tasks: [...(player?.querySelectorAll("li") ?? [])].map(text),
    marks: marks.map(({ names }) => names),
    inCode: marks.every(({ top }) => {
      const box = shown?.getBoundingClientRect();
      return box !== undefined && top > box.top - 4 && top < box.bottom;
    }),
    later: figure.querySelectorAll(":scope > .await-outputs .await-later").length,
    cursor: figure.querySelectorAll(".at-cursor line").length,
  };
}
