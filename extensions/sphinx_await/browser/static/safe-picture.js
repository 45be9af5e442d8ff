// @ts-check
/**
 * A picture of a run, rebuilt from the elements and attributes that pictures have.
 *
 * The program that was drawn may have been written by anybody, so its picture is not trusted.
 */

/** Characters. No picture of ours is longer. */
const LONGEST = 1_000_000;
const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(
  "div ul li span p svg g path rect line circle text tspan title a defs pattern".split(" "),
);
const ATTRIBUTES = new Set(
  ("aria-hidden aria-label role x x1 x2 y y1 y2 dx dy cx cy r rx ry d width height viewBox fill stroke-width " +
    "transform text-anchor overflow pointer-events patternTransform patternUnits tabindex").split(" "),
);
const CLASS = /^(?:at|await)-[\w-]+$/;
const FILLS = /^(?:none|currentcolor|url\(#[\w-]+\)|var\(--await-[\w-]+\))$/;

/**
 * A copy of a picture without anything that could act or load.
 * @param {string} html @param {string} prefix what its ids start with
 */
export function safePicture(html, prefix) {
  const copy = document.createDocumentFragment();
  if (html.length > LONGEST) return copy;
  for (const child of new DOMParser().parseFromString(html, "text/html").body.children) {
    const safe = copied(child, prefix);
    if (safe) copy.append(safe);
  }
  return copy;
}

/** @param {Element} element @param {string} prefix @returns {Element | null} */
function copied(element, prefix) {
  const isSvg = element.namespaceURI === SVG;
  if (!ELEMENTS.has(element.localName)) return null;
  const copy = isSvg ? document.createElementNS(SVG, element.localName) : document.createElement(element.localName);
  for (const { name, value } of element.attributes) {
    if (isHarmless(name, value, prefix)) copy.setAttribute(name, value);
  }
  for (const child of element.childNodes) {
    if (child instanceof Text) copy.append(child.data);
    const safe = child instanceof Element ? copied(child, prefix) : null;
    if (safe) copy.append(safe);
  }
  return copy;
}

/** @param {string} name @param {string} value @param {string} prefix */
function isHarmless(name, value, prefix) {
  if (name === "id") return value.startsWith(prefix);
  if (name === "href") return value.startsWith(`#${prefix}`);
  if (name === "class") return value.split(" ").every((one) => CLASS.test(one));
  return ATTRIBUTES.has(name) && (name !== "fill" || FILLS.test(value));
}
