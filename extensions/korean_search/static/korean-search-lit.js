// Lights on a page what a search found there. Sphinx's own script does so for words of prose, but ends with an error at
// the first picture with text in it.
"use strict";
{
  const KEY = "korean_search_words";
  const SKIPPED = "svg, math, script, style, template, button, select, textarea, .nohighlight, .headerlink, [contenteditable]";
  const MOST = 2000;

  /** Take the words that the search page left, so that the next page is not lit. */
  const taken = () => {
    try {
      const words = localStorage.getItem(KEY) ?? "";
      localStorage.removeItem(KEY);
      return words.split("\n").filter(Boolean);
    } catch {
      return []; // storage may be refused
    }
  };

  /**
   * Put the matches of a pattern in a text into elements of their own.
   * @param {Text} text
   * @param {RegExp} pattern
   * @returns {number} how many there were
   */
  const light = (text, pattern) => {
    const matches = [...text.data.matchAll(pattern)];
    // From the end, so that the places of the others stay.
    for (const match of matches.reverse()) {
      const found = text.splitText(match.index ?? 0);
      found.splitText(match[0].length);
      const mark = document.createElement("span");
      mark.className = "highlighted";
      found.replaceWith(mark);
      mark.append(found);
    }
    return matches.length;
  };

  const words = document.getElementById("search-results") ? [] : taken();
  if (words.length) {
    const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"));
    const pattern = new RegExp(escaped.sort((a, b) => b.length - a.length).join("|"), "giu");
    const main = document.querySelector('[role="main"]') ?? document.body;
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    /** @type {Text[]} */
    const texts = [];
    while (walker.nextNode())
      if (walker.currentNode instanceof Text && !walker.currentNode.parentElement?.closest(SKIPPED))
        texts.push(walker.currentNode);
    let lit = 0;
    for (const text of texts) if (lit < MOST) lit += light(text, pattern);
  }
}
