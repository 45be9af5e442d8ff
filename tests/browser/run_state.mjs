/**
 * What came of a program: of the page's run, and of the reader's when that is over. It is evaluated in pages of several
 * browsers, so it needs nothing that is not in it.
 * @param {Element} figure
 */
export function runState(figure) {
  /** A picture has more rectangles than this, and icons have fewer. */
  const few = 3;
  const mine = figure.querySelector(".await-mine");
  /** @param {string} selector @param {boolean} isMine */
  const all = (selector, isMine) =>
    [...figure.querySelectorAll(selector)].filter((one) => (mine?.contains(one) ?? false) === isMine);
  /** @param {boolean} isMine */
  const lines = (isMine) => all(".await-stdout .await-text", isMine).map((line) => line.textContent);
  return {
    title: figure instanceof HTMLElement ? (figure.dataset.name ?? "") : "",
    only: figure.querySelector(".await-only")?.textContent ?? null,
    built: lines(false),
    newer: all(".await-facts", false).some((facts) => facts.textContent?.includes("에서는 실행하지 않음")),
    pictured: all("svg rect", false).length > few,
    mine: lines(true),
    drawn: all("svg rect", true).length > few,
  };
}
