/** Code and tables that scroll in themselves can be reached by keyboard, for as long as they scroll. */

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
