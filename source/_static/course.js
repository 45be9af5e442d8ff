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
