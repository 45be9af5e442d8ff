// Lights on a page what a search found there. Sphinx's own script does so for words of prose, but ends with an error at
// the first picture with text in it.
"use strict";
{
  const KEY = "korean_search_words";
  const SKIPPED = "svg, math, script, style, template, button, select, textarea, .nohighlight, .headerlink, [contenteditable]";
  const MOST = 2000;

  /**
   * Take the words that the search page left, so that the next page is not lit.
   * @returns {[word: string, ends: [begins: boolean, ends: boolean]][]} `begins`, `ends`: it was found only where a word
   *   begins, or ends
   */
  const taken = () => {
    try {
      const words = localStorage.getItem(KEY) ?? "[]";
      localStorage.removeItem(KEY);
      return JSON.parse(words);
    } catch {
      return []; // storage may be refused, or hold what an earlier version left
    }
  };

  /**
   * A letter that would go on with a word at this one, as a part of a pattern.
   * @param {string} letter
   */
  const more = (letter) => {
    if (/[가-힣]/.test(letter)) return "[가-힣]";
    return /[\p{L}\p{N}]/u.test(letter) ? "(?![가-힣])[\\p{L}\\p{N}]" : "(?!)";
  };

  /**
   * The pattern of a word that was found: 락 is not in 연락, nor lock in blocking.
   * @param {[word: string, ends: [begins: boolean, ends: boolean]]} found
   */
  const patternOf = ([word, [begins, ends]]) => {
    const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+");
    return `${begins ? `(?<!${more(word[0])})` : ""}${escaped}${ends ? `(?!${more(word[word.length - 1])})` : ""}`;
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
    const longest = words.sort(([a], [b]) => b.length - a.length);
    const pattern = new RegExp(longest.map(patternOf).join("|"), "giu");
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
