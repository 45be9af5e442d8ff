/**
 * What the theme leaves undone for those who read by keyboard, and old addresses. Code and tables that scroll in themselves
 * can be reached for as long as they scroll.
 */

/** @param {Element} box */
function follow(box) {
  const scrolls = box.scrollWidth > box.clientWidth;
  if (scrolls) box.setAttribute("tabindex", "0");
  else box.removeAttribute("tabindex");
}

const watch = new ResizeObserver((changes) => {
  for (const { target } of changes) follow(target);
});
for (const box of document.querySelectorAll("article .highlight > pre, article .table-wrapper")) {
  if (!box.closest(".await-run")) watch.observe(box); // a run's boxes are made so
}

/*
 * Of the contents of the site and of a page Tab stops once, where the reader is: at this page, and at the section that is
 * read. Arrow keys, Home and End go from there to every other link, and the style shows that they do.
 */

/** @param {Element} tree @param {string} here what is the reader's place in it */
function rove(tree, here) {
  const links = () =>
    /** @type {HTMLElement[]} */ ([...tree.querySelectorAll("a[href]")]).filter((link) => link.checkVisibility());
  /** @param {Element | null} [wanted] */
  const stopAt = (wanted) => {
    const all = links();
    const stop = all.find((link) => link === wanted) ?? all.filter((link) => link.matches(here)).at(-1) ?? all[0];
    for (const link of tree.querySelectorAll("a[href]")) {
      const stops = link === stop;
      link.setAttribute("tabindex", stops ? "0" : "-1");
      if (stops) link.setAttribute("aria-keyshortcuts", "ArrowUp ArrowDown Home End");
      else link.removeAttribute("aria-keyshortcuts");
    }
  };
  const settle = () => stopAt(tree.contains(document.activeElement) ? document.activeElement : null);
  settle();
  tree.addEventListener("change", settle); // a part of the contents was folded
  new MutationObserver(settle).observe(tree, { subtree: true, attributeFilter: ["class"] }); // another section is read
  tree.addEventListener("focusin", ({ target }) => stopAt(/** @type {Element} */ (target)));
  tree.addEventListener("keydown", (event) => {
    const { key, target, altKey, ctrlKey, metaKey, shiftKey } = /** @type {KeyboardEvent} */ (event);
    const all = links();
    const at = all.indexOf(/** @type {HTMLElement} */ (target));
    if (at < 0 || altKey || ctrlKey || metaKey || shiftKey) return;
    const next = { ArrowUp: at - 1, ArrowDown: (at + 1) % all.length, Home: 0, End: -1 }[key];
    if (next === undefined) return;
    event.preventDefault();
    all.at(next)?.focus();
  });
}
for (const tree of document.querySelectorAll(".sidebar-tree")) rove(tree, ".current-page > a");
for (const tree of document.querySelectorAll(".toc-tree")) rove(tree, ".scroll-current > a");

/*
 * The guide was one page. On its first page each section of then is a target in the list of pages, where it stands now:
 * an old address goes on from there.
 */
function leadOn() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const link = /** @type {HTMLAnchorElement | null | undefined} */ (target?.closest("article li:not(:has(li))")?.querySelector("a[href]"));
  if (link && link.pathname !== location.pathname) location.replace(link.href.replace(/(#.*)?$/, location.hash));
}
if (location.hash) leadOn();
addEventListener("hashchange", leadOn);
