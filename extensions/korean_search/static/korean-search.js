// Korean search: replaces Sphinx's `Search.query`. Everything is found in what `searchindex.js` holds, without fetching
// pages, so it works from files too. Sphinx puts this into language_data.js, which is loaded after searchtools.js.
(() => {
  if (typeof Search === "undefined") return;

  /**
   * @typedef {{doc: number, anchor: string, title: string, text: string, titleLower: string,
   *   textLower: string}} Section
   * @typedef {{korean: KoreanPart, sections: Section[], words: Set<string>, beginnings: Map<string, string[]>,
   *   titles: string[]}} State the index, prepared once; `beginnings` has the verbs of each beginning
   * @typedef {{pattern: RegExp, weight: number}} Way a way to find what a reader means, 1 being the best
   * @typedef {{ways: Way[], weight: number}} Term a word of the query; those that say little weigh little
   * @typedef {[start: number, length: number]} Place in a text
   * @typedef {{section: Section, hits: number[], strengths: number[], score: number}} Row a section, how well it answers
   *   each term, and the weight of the best way to do so that it has
   */

  /** What may follow a noun or a stem in one word. */
  const REST = "@REST@";
  const IS_REST = new RegExp(`^${REST}$`);
  const HANGUL = "[가-힣]";
  const IS_HANGUL = /^[가-힣]+$/;
  /** Words of questions, which say little of what is looked for. */
  const WEAK = new Set(
    (
      "무엇 뭐 뭔 뭘 뭔가 무슨 왜 어떻게 어떤 언제 어디 어느 누가 누구 방법 법 것 일 게 수 때 경우 이것 그것 이 그 저 좀 더 잘 및 " +
      "또는 그리고 있다 없다 되다 하다 알다 이다 싶다 주다 보다 쓰다 나다 나오다 란 이란 대해 대한 위한 통해 관련 설명 뜻 의미 예 " +
      "예제 사용 사용법 a an the is are was were be been of to in on at for from by with and or it its this that how what why " +
      "when which do does did can i my not vs versus"
    ).split(" "),
  );
  /** What a synonym is worth beside the word itself. */
  const SAME = 0.65;
  /** Pages that have less of the query than this share of what the best one has are left out, unless they are few. */
  const ENOUGH = 0.5;
  const FEW = 5;
  const MOST_SECTIONS = 30;
  const AROUND = 160;

  /** @param {string} text */
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  /** @param {string} text */
  const normal = (text) => text.normalize("NFKC").toLowerCase();

  /**
   * @param {SearchIndex} index
   * @param {KoreanPart} korean
   * @returns {State}
   */
  const prepare = (index, korean) => {
    const sections = korean.sections.map(([doc, anchor, title, text]) => ({
      doc,
      anchor,
      title,
      text,
      titleLower: title.toLowerCase(),
      // Where lower case has another length, positions would not fit.
      textLower: text.toLowerCase().length === text.length ? text.toLowerCase() : text,
    }));
    const words = new Set([...Object.keys(index.terms), ...Object.keys(index.titleterms)]);
    /** @type {Map<string, string[]>} */
    const beginnings = new Map();
    for (const [word, shapes] of Object.entries(korean.forms))
      for (const shape of shapes.split(" ")) beginnings.set(shape, [...(beginnings.get(shape) ?? []), word]);
    return { korean, sections, words, beginnings, titles: index.titles };
  };

  /**
   * How a word is written in texts, as the source of a pattern.
   * @param {string} word
   * @param {Record<string, string>} forms
   */
  const patternOf = (word, forms) => {
    if (forms[word]) {
      const shapes = forms[word].split(" ").map(escaped).join("|");
      return `(?<!${HANGUL})(?:${shapes})${REST}(?!${HANGUL})`;
    }
    if (IS_HANGUL.test(word))
      // One syllable is a part of too many words.
      return word.length === 1 ? `(?<!${HANGUL})${word}${REST}(?!${HANGUL})` : word;
    return escaped(word);
  };

  /**
   * Several words that stand together, written with spaces or without.
   * @param {string[]} words
   */
  const together = (words) => words.map((word) => escaped(word)).join("[\\s_-]*");

  /**
   * @param {string} source
   * @param {number} weight
   * @returns {Way}
   */
  const way = (source, weight) => ({ pattern: new RegExp(source, "gu"), weight });

  /**
   * An English word without its ending, as coroutines, cancelled and waiting have one; nothing if it has none.
   * @param {string} word
   */
  const bare = (word) => word.match(/^([a-z]{3,}?)(?:ies|es|s|ed|ing|er)$/)?.[1];

  /**
   * Words without spaces and endings of English, so that "rate limiting" is "rate limit".
   * @param {string[]} words
   */
  const joinedBare = (words) => words.map((word) => bare(word) ?? word).join("");

  /**
   * A word of Latin letters at the beginning of one is better than inside.
   * @param {string} word
   */
  const latinWays = (word) => {
    const ways = [];
    const stem = escaped(word);
    ways.push(way(`(?<![\\p{L}\\p{N}_])${stem}(?![a-z0-9_])`, 1));
    if (word.length > 2) {
      ways.push(way(`(?<![a-z0-9])${stem}`, 0.8));
      ways.push(way(stem, 0.55));
    }
    const stemOfEnglish = bare(word);
    if (stemOfEnglish) ways.push(way(`(?<![a-z0-9])${stemOfEnglish}`, 0.7));
    return ways;
  };

  /**
   * The parts of a compound that are words: 시간제한 is 시간 and 제한.
   * @param {string} word
   * @param {Set<string>} words
   * @param {number} least letters of a part
   */
  const partsOf = (word, words, least = 2) => {
    /** @type {(string[] | undefined)[]} the fewest parts of each beginning */
    const best = [[]];
    for (let end = 1; end <= word.length; end += 1)
      for (let start = Math.max(0, end - 16); start <= end - least; start += 1) {
        const before = best[start];
        if (before && words.has(word.slice(start, end)) && before.length + 1 < (best[end]?.length ?? Infinity))
          best[end] = [...before, word.slice(start, end)];
      }
    const all = best[word.length];
    return all && all.length > 1 ? all : null;
  };

  /**
   * The beginnings of a word after which a rest may follow, longest first.
   * @param {string} word
   */
  const stemsOf = (word) => {
    const found = [];
    for (let end = word.length; end > 0; end -= 1) if (IS_REST.test(word.slice(end))) found.push(word.slice(0, end));
    return found;
  };

  /**
   * @param {string} word
   * @param {State} state
   */
  const hangulWays = (word, state) => {
    const { words, beginnings, korean } = state;
    const ways = [];
    if (korean.forms[word]) ways.push(way(patternOf(word, korean.forms), 1));
    if (word.length > 1 || words.has(word)) {
      if (!korean.forms[word] && word.length > 1) ways.push(way(`(?<!${HANGUL})${word}`, 1));
      if (!korean.forms[word]) ways.push(way(patternOf(word, korean.forms), word.length > 1 ? 0.85 : 1));
    }
    let known = words.has(word) ? word.length : 0;
    for (const stem of stemsOf(word)) {
      const shorter = stem.length < word.length;
      for (const verb of beginnings.get(stem) ?? [])
        if (verb !== word && (stem.length > 1 || known < 2)) {
          ways.push(way(patternOf(verb, korean.forms), known > stem.length ? 0.5 : 0.95));
          known = Math.max(known, stem.length);
        }
      if (!shorter || korean.forms[stem]) continue;
      if (words.has(stem) && (stem.length > 1 || known < 2)) {
        ways.push(way(patternOf(stem, korean.forms), known > stem.length ? 0.5 : 0.95));
        known = Math.max(known, stem.length);
      } else if (stem.length > 1 && !known) ways.push(way(patternOf(stem, korean.forms), 0.7));
    }
    for (const stem of stemsOf(word)) {
      const parts = stem.length > 3 ? partsOf(stem, words) : null;
      if (!parts) continue;
      const patterns = parts.map((part) => patternOf(part, korean.forms));
      ways.push(way(patterns.join("\\s*"), 0.9), way(patterns.join(`${REST}\\s*`), 0.8));
      break;
    }
    return ways;
  };

  /**
   * Letters of a word, so that 래 and 레 differ in one of two.
   * @param {string} word
   */
  const letters = (word) => [...word.normalize("NFD")];

  /**
   * Edits between two lists of letters, two neighbours that changed places being one; `limit + 1` if more.
   * @param {string[]} one
   * @param {string[]} other
   * @param {number} limit
   * @returns {number}
   */
  const distance = (one, other, limit) => {
    if (Math.abs(one.length - other.length) > limit) return limit + 1;
    /** @type {number[]} */
    let before = [];
    let last = Array.from({ length: other.length + 1 }, (_, column) => column);
    for (let row = 1; row <= one.length; row += 1) {
      const next = [row];
      for (let column = 1; column <= other.length; column += 1) {
        const same = one[row - 1] === other[column - 1];
        let least = Math.min(last[column] + 1, next[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
        if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
          least = Math.min(least, before[column - 2] + 1);
        next.push(least);
      }
      if (Math.min(...next) > limit) return limit + 1;
      before = last;
      last = next;
    }
    return last[other.length];
  };

  const FAMILIES = ["ᄀᄁᄏ", "ᄃᄄᄐ", "ᄇᄈᄑ", "ᄉᄊ", "ᄌᄍᄎ"];
  /** The rows of a keyboard; a letter of one is beside those at its place, one before it, and one after it. */
  const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
  /** @param {string} letter @returns {[row: number, column: number]} */
  const keyOf = (letter) => {
    const row = ROWS.findIndex((keys) => keys.includes(letter));
    return [row, ROWS[row]?.indexOf(letter) ?? 0];
  };
  /** @param {string} one @param {string} other */
  const beside = (one, other) => {
    const [mine, theirs] = [keyOf(one), keyOf(other)];
    return Math.abs(mine[0] - theirs[0]) <= 1 && Math.abs(mine[1] - theirs[1]) <= 1;
  };

  /**
   * Whether one letter is easily heard or typed for another: two vowels, consonants of one family, or keys side by side.
   * @param {string} one
   * @param {string | undefined} other
   */
  const alike = (one, other) =>
    other !== undefined &&
    (one === other ||
      (/[ᅡ-ᅵ]/.test(one) && /[ᅡ-ᅵ]/.test(other)) ||
      (/[aeiouy]/.test(one) && /[aeiouy]/.test(other)) ||
      (/[cks]/.test(one) && /[cks]/.test(other)) ||
      (/[a-z]/.test(one) && /[a-z]/.test(other) && beside(one, other)) ||
      FAMILIES.some((family) => family.includes(one) && family.includes(other)));

  /**
   * Words of the index that a mistyped one may mean, the nearest first, at most three.
   * @param {string} typed
   * @param {State} state
   */
  const nearest = (typed, state) => {
    /** @type {{word: string, cost: number}[]} */
    const candidates = [];
    const hangul = IS_HANGUL.test(typed);
    const attempts = hangul ? stemsOf(typed).filter((stem) => stem.length > 1) : [typed];
    // What is compared, and how it is written: synonyms may be of several words, which are typed together as well.
    const known = new Map([...state.words].map((word) => [word, word]));
    for (const same of state.korean.synonyms.flat()) known.set(same.replace(/\s+/g, ""), same);
    for (const attempt of attempts) {
      const mine = letters(attempt);
      const limit = mine.length < 4 ? 0 : mine.length < 8 ? 1 : mine.length < 12 ? 2 : 3;
      if (!limit) continue;
      for (const [word, written] of known) {
        if (IS_HANGUL.test(word) !== hangul || word.length < (hangul ? 2 : 4) || /\d/.test(word)) continue;
        const theirs = letters(word);
        const edits = distance(mine, theirs, limit);
        if (edits > limit || word === typed) continue;
        if (hangul && attempt.length === 2 && state.korean.forms[word]) continue;
        // Of two syllables or few letters, one edit makes many another word: 편집 is not 편지, nor fire file.
        const heard = mine.length === theirs.length && mine.every((one, at) => alike(one, theirs[at]));
        const sameLetters = [...mine].sort().join("") === [...theirs].sort().join("");
        if (hangul ? attempt.length === 2 && !heard : mine.length < 6 && mine.length === theirs.length && !heard && !sameLetters)
          continue;
        const first = mine[0] === theirs[0] ? 0 : 0.5;
        candidates.push({ word: written, cost: edits + first + (typed.length - attempt.length) * 0.3 });
      }
    }
    candidates.sort((a, b) => a.cost - b.cost || (a.word < b.word ? -1 : 1));
    const least = candidates[0]?.cost;
    return [...new Set(candidates.filter(({ cost }) => cost <= least + 0.25).map(({ word }) => word))].slice(0, 3);
  };

  /** Of each consonant of Hangul and of Latin, what it sounds like to who writes an English word in Hangul. */
  const SOUNDS = [
    ["ᄀᄁᄏᆨᆩᆿ", "k"],
    ["ᄂᆫ", "n"],
    ["ᄃᄄᄐᆮᇀ", "t"],
    ["ᄅᆯ", "l"],
    ["ᄆᆷ", "m"],
    ["ᄇᄈᄑᆸᇁ", "p"],
    ["ᄉᄊᆺᆻ", "s"],
    ["ᆼ", "n"],
    ["ᄌᄍᄎᆽᆾ", "j"],
    ["ᄒᇂ", "h"],
  ];
  /** Spellings of English, and how they sound in Hangul, in the order in which they are replaced. */
  const SPELLINGS = /** @type {[RegExp, string][]} */ ([
    [/(.)\1+/g, "$1"],
    [/[ts]ion/g, "sn"],
    [/ng(?![eiy])/g, "n"],
    [/ck|qu|cc|[cq](?![eiyh])|g(?![eiy])/g, "k"],
    [/ch|ge|j/g, "j"],
    [/x/g, "ks"],
    [/sh|th(?=r)|c(?=[eiy])|z/g, "s"],
    [/th|d/g, "t"],
    [/ph|[bfv]/g, "p"],
    [/g/g, "k"],
    [/r(?![aeiouyr])/g, ""],
    [/r/g, "l"],
    [/[aeiouwy]/g, ""],
  ]);

  /**
   * The consonants that are heard in a word: of 쉴드 and of shield, s, l and t.
   * @param {string} word
   */
  const soundOf = (word) => {
    if (/^[a-z]+$/.test(word)) return SPELLINGS.reduce((text, [spelling, sound]) => text.replace(spelling, sound), word);
    const heard = letters(word).map((letter) => SOUNDS.find(([same]) => same.includes(letter))?.[1] ?? "");
    return heard.join("").replace(/ll/g, "l");
  };

  const CONSONANTS = "g kk n d tt r m b pp s ss  j jj ch k t p h".split(" ");
  const VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu  ui i".split(" ");
  /**
   * A word of Hangul in Latin letters; the vowel that only parts consonants (ㅡ) is none of them.
   * @param {string} word
   */
  const romanized = (word) =>
    letters(word)
      .map((letter) => {
        const code = letter.charCodeAt(0);
        return CONSONANTS[code - 0x1100] ?? VOWELS[code - 0x1161] ?? soundOf(letter);
      })
      .join("");

  /**
   * Words of the index in the other script that a word may be, by its consonants and then by all its letters: 쉴드 is
   * shield, and framework 프레임워크. Of few consonants there are too many.
   * @param {string} typed
   * @param {State} state
   */
  const heardAs = (typed, state) => {
    const hangul = IS_HANGUL.test(typed);
    const other = hangul ? /^[a-z]{4,}$/ : /^[가-힣]{2,}$/;
    const known = [...new Set([...state.words, ...state.korean.synonyms.flat()])].filter((word) => other.test(word));
    for (const stem of hangul ? stemsOf(typed) : /^[a-z]+$/.test(typed) ? [typed, typed.replace(/s$/, "")] : []) {
      const sound = soundOf(stem);
      if (stem.length < 2 || sound.length < 3) continue;
      const costs = known
        .filter((word) => soundOf(word) === sound)
        .map((word) => {
          const [inHangul, inLatin] = hangul ? [stem, word] : [word, stem];
          return { word, cost: distance([...romanized(inHangul)], [...inLatin], 99) / inLatin.length };
        })
        // A word in Hangul that no page has is a foreign one more often than one in Latin letters is Korean.
        .filter(({ cost }) => cost <= (hangul ? 0.9 : 0.6));
      const least = Math.min(...costs.map(({ cost }) => cost));
      if (costs.length) return costs.filter(({ cost }) => cost === least).map(({ word }) => word);
    }
    return [];
  };

  // Hangul typed while the keyboard was set to Latin letters: zhfnxls is 코루틴.
  const KEYS = {
    lead: ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"],
    vowel: "k o i O j p u P h hk ho hl y n nj np nl b m ml l".split(" "),
    tail: ["", ..."r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g".split(" ")],
  };
  /**
   * @param {string} typed letters as they were typed
   * @returns {string} nothing, if they are no whole syllables
   */
  const fromKeys = (typed) => {
    const text = /[a-z]/.test(typed) ? typed : typed.toLowerCase();
    const syllable = new RegExp(
      `^([${KEYS.lead.join("")}])(hk|ho|hl|nj|np|nl|ml|[koiOjpuPhynbml])` +
        `(?:(rt|sw|sg|fr|fa|fq|ft|fx|fv|fg|qt|[rRsefaqtTdwczxvg])(?![koiOjpuPhynbml]))?`,
    );
    let rest = text;
    let made = "";
    while (rest) {
      let found = rest.match(syllable);
      if (!found) return "";
      // Of two letters at the end, the second may begin the next syllable.
      if (!found[3]) {
        const pair = rest.slice(found[0].length).match(/^([rsfq][twsgraqxv])([koiOjpuPhynbml])/);
        if (pair && KEYS.tail.includes(pair[1])) found = [found[0] + pair[1][0], found[1], found[2], pair[1][0]];
      }
      const [whole, lead, vowel, tail = ""] = found;
      made += String.fromCharCode(
        0xac00 + (KEYS.lead.indexOf(lead) * 21 + KEYS.vowel.indexOf(vowel)) * 28 + KEYS.tail.indexOf(tail),
      );
      rest = rest.slice(whole.length);
    }
    return made;
  };

  /**
   * @param {Way[]} ways
   * @param {Section[]} sections
   */
  const occurs = (ways, sections) =>
    ways.some(({ pattern }) =>
      sections.some((section) => {
        pattern.lastIndex = 0;
        if (pattern.test(section.textLower)) return true;
        pattern.lastIndex = 0;
        return pattern.test(section.titleLower);
      }),
    );

  /**
   * The words of a query: "asyncio로" has two, of which the second is a particle and left out.
   * @param {string} query
   */
  const wordsOf = (query) => {
    /** @type {string[]} */
    const found = [];
    for (const chunk of normal(query).split(/[^\p{L}\p{N}_.+#가-힣]+/u)) {
      const pieces = chunk.match(/[가-힣]+|[^가-힣]+/g) ?? [];
      pieces.forEach((piece, place) => {
        const word = piece.replace(/^[.+#]+|[.]+$/g, "");
        // A letter of a syllable that is not typed yet says nothing.
        if (!word || /^[ᄀ-ᇿㄱ-ㆎ]+$/.test(word)) return;
        if (place && IS_HANGUL.test(word) && IS_REST.test(word)) return;
        found.push(word);
      });
    }
    return found;
  };

  /**
   * @param {string} word
   * @param {State} state
   * @returns {Way[]} the best first
   */
  const waysOf = (word, state) => {
    if (IS_HANGUL.test(word)) return hangulWays(word, state);
    const ways = latinWays(word);
    if (/[._]/.test(word)) {
      const parts = word.split(/[._]+/).filter((part) => part.length > 1);
      const last = parts.at(-1);
      if (last && last !== word) ways.push(...latinWays(last).map((one) => ({ ...one, weight: one.weight * 0.6 })));
    }
    return ways;
  };

  /**
   * @param {Way[]} ways
   * @param {number} factor
   * @returns {Way[]}
   */
  const weighted = (ways, factor) => ways.map((one) => ({ ...one, weight: one.weight * factor }));

  /**
   * The best ways to find a word or several in a row.
   * @param {string} text
   * @param {State} state
   */
  const expressionWays = (text, state) =>
    /\s/.test(text) ? [way(together(text.split(/\s+/)), 1)] : waysOf(text, state).slice(0, 2);

  /**
   * What may stand for a word, or for several words in a row, by the author's list.
   * @param {string[]} words
   * @param {number} place
   * @param {State} state
   */
  const synonymsAt = (words, place, state) => {
    for (let length = Math.min(4, words.length - place); length > 0; length -= 1) {
      const run = words.slice(place, place + length);
      const joined = joinedBare(run);
      for (const stem of IS_HANGUL.test(run[length - 1]) ? stemsOf(joined) : [joined]) {
        const same = new Set([stem, `${stem}다`, ...(state.beginnings.get(stem) ?? [])]);
        /** @param {string} one */
        const isSame = (one) => same.has(joinedBare(one.split(/\s+/)));
        const groups = state.korean.synonyms.filter((group) => group.some(isSame));
        if (groups.length) return { length, others: groups.flat().filter((one) => !isSame(one)) };
      }
    }
    return null;
  };

  /**
   * The words that a word is made of, if nothing has it whole: asyncio.sleeep, 작업큐, queuefull.
   * @param {string} word
   * @param {State} state
   * @returns {string[]}
   */
  const takenApart = (word, state) => {
    const names = word.split(".").filter((name) => name.length > 1);
    const whole = names.length > 1 ? latinWays(word) : waysOf(word, state);
    if (synonymsAt([word], 0, state) || occurs(whole, state.sections)) return [word];
    if (names.length > 1) return names.flatMap((name) => takenApart(name, state));
    const hangul = IS_HANGUL.test(word);
    const known = new Set([...state.words, ...state.korean.synonyms.flat()]);
    for (const stem of hangul ? stemsOf(word) : [word]) {
      const parts = partsOf(stem, known, hangul ? 1 : 3);
      // Of syllables that are words, any word can be made; one may be.
      if (parts && (!hangul || parts.filter((part) => part.length === 1).length <= (parts.length > 1 ? 1 : 0)))
        return parts;
    }
    return [word];
  };

  /**
   * @param {string} query
   * @param {State} state
   */
  const understand = (query, state) => {
    const words = wordsOf(query).flatMap((word) => takenApart(word, state));
    /** @type {Term[]} */
    const terms = [];
    /** @type {[typed: string, taken: string][]} words that were taken for others */
    const meant = [];
    for (let place = 0; place < words.length; ) {
      const same = synonymsAt(words, place, state);
      const length = same?.length ?? 1;
      const run = words.slice(place, place + length);
      const word = run.join(" ");
      let ways =
        length === 1
          ? waysOf(word, state)
          : [way(together(run), 1), ...run.flatMap((one) => weighted(waysOf(one, state), 0.35))];
      ways.push(...(same?.others ?? []).flatMap((other) => weighted(expressionWays(other, state), SAME)));
      if (!occurs(ways, state.sections)) {
        // As it was typed, with its capital letters, which are other letters of Hangul.
        const keys = query.match(/[a-z]+/gi)?.find((one) => one.toLowerCase() === word);
        const typed = IS_HANGUL.test(word) ? "" : fromKeys(keys ?? word);
        const near = typed.length > 1 ? [typed, ...nearest(typed, state)] : [];
        near.push(...nearest(word, state));
        if (!near.length) near.push(...heardAs(word, state));
        for (const taken of [near.slice(0, 1), near.slice(1)]) {
          const others = taken.flatMap((one) => [one, ...(synonymsAt([one], 0, state)?.others ?? [])]);
          const found = others.flatMap((one) => weighted(expressionWays(one, state), 0.8));
          if (!occurs(found, state.sections)) continue;
          ways = found;
          meant.push([word, taken.join(", ")]);
          break;
        }
        // A compound of which only the first part is known: 스레드풀.
        if (meant.at(-1)?.[0] !== word && IS_HANGUL.test(word)) {
          const known = [...state.words].filter((one) => one.length > 1 && word.startsWith(one));
          const longest = known.sort((a, b) => b.length - a.length)[0];
          if (longest) ways = weighted(waysOf(longest, state), 0.4);
        }
      }
      const stems = IS_HANGUL.test(word) ? stemsOf(word) : [word];
      const verbs = state.beginnings.get(stems[stems.length - 1]) ?? [];
      const weak = [...stems, ...verbs].some((one) => WEAK.has(one));
      terms.push({ ways, weight: weak && length === 1 ? 0.15 : 1 });
      place += length;
    }
    return { terms, meant };
  };

  /**
   * How often a pattern is found, up to ten times.
   * @param {RegExp} pattern
   * @param {string} text
   */
  const count = (pattern, text) => {
    pattern.lastIndex = 0;
    let found = 0;
    while (found < 10 && pattern.exec(text)) found += 1;
    return found;
  };

  /**
   * How well a section answers each term: by its title, the page's title, and how often the text has it.
   * @param {Section} section
   * @param {Term[]} terms
   * @param {string} pageTitle
   * @returns {Row}
   */
  const look = (section, terms, pageTitle) => {
    /** @type {number[]} */
    const strengths = [];
    const hits = terms.map(({ ways }) => {
      let best = 0;
      let strongest = 0;
      for (const { pattern, weight } of ways) {
        const often = count(pattern, section.textLower);
        const titled = count(pattern, section.titleLower) ? 1 : 0;
        const paged = count(pattern, pageTitle) ? 1 : 0;
        if (!often && !titled) continue;
        // A word that is much of a title says more than one of many.
        best = Math.max(best, weight * (1 + Math.log2(1 + often) * 0.6 + titled * 3 + paged * 1.2));
        strongest = Math.max(strongest, weight);
      }
      strengths.push(strongest);
      return best;
    });
    return { section, hits, strengths, score: 0 };
  };

  /**
   * @param {string} query
   * @param {State} state
   */
  const search = (query, state) => {
    const { terms, meant } = understand(query, state);
    /** @type {Row[]} */
    const found = [];
    if (!terms.length) return { found, terms, meant };
    const phrase = normal(query).trim().replace(/\s+/g, " ");
    const loose = new RegExp(phrase.split(" ").map(escaped).join("\\s*"), "gu");
    const rows = state.sections.map((section) => look(section, terms, state.titles[section.doc].toLowerCase()));
    const rarity = terms.map((_, place) => {
      // A section that has it only in a weaker way counts for less: what is rare stays rare beside its commoner parts.
      const strongest = Math.max(...rows.map(({ strengths }) => strengths[place]));
      const having = rows.reduce((sum, { strengths }) => sum + (strengths[place] / strongest) ** 2, 0);
      return strongest ? Math.log(1 + rows.length / having) : 0;
    });
    const importance = terms.map(({ weight }, place) => weight * (rarity[place] || Math.log(1 + rows.length)));
    const whole = importance.reduce((sum, one) => sum + one, 0);
    /** @typedef {{rows: Row[], score: number, covered: number}} Found a page; its rows are the best first */
    /** @type {Map<number, Found>} */
    const pages = new Map();
    for (const row of rows) {
      const covered = row.hits.reduce((sum, hit, place) => sum + (hit > 0 ? importance[place] : 0), 0) / whole;
      if (!covered) continue;
      const sum = row.hits.reduce((total, hit, place) => total + hit * importance[place], 0) / whole;
      let said = 0;
      if (terms.length > 1 && count(loose, row.section.titleLower)) said += 4;
      if (terms.length > 1 && count(loose, row.section.textLower)) said += 2.5;
      row.score = sum * covered ** 2 + said;
      const page = pages.get(row.section.doc) ?? { rows: [], score: 0, covered: 0 };
      page.rows.push(row);
      pages.set(row.section.doc, page);
    }
    for (const page of pages.values()) {
      page.rows.sort((a, b) => b.score - a.score);
      const best = terms.map((_, place) => Math.max(...page.rows.map(({ hits }) => hits[place])));
      page.covered = best.reduce((sum, hit, place) => sum + (hit > 0 ? importance[place] : 0), 0) / whole;
      const others = page.rows.slice(1, 6).reduce((sum, { score }) => sum + score, 0);
      const all = best.reduce((sum, hit, place) => sum + hit * importance[place], 0) / whole;
      page.score = page.rows[0].score + 0.15 * others + 0.3 * all * page.covered ** 2;
    }
    const most = Math.max(0, ...[...pages.values()].map(({ covered }) => covered));
    const last = new Set(state.korean.last);
    /**
     * @param {[number, Found]} a
     * @param {[number, Found]} b
     */
    const order = (a, b) => b[1].score - a[1].score || a[0] - b[0];
    const ranked = [...pages.entries()].sort(order);
    const kept = ranked.filter(([, { covered }], place) => place < FEW || covered >= most * ENOUGH);
    const first = kept.filter(([doc]) => !last.has(doc)).sort(order);
    const behind = kept.filter(([doc]) => last.has(doc)).sort(order);
    for (const group of [first, behind]) {
      // Each page once, by its best section; then what else is good.
      found.push(...group.map(([, { rows: own }]) => own[0]));
      const more = group.flatMap(([, { rows: own }]) =>
        own.slice(1).filter(({ score }) => score >= own[0].score * 0.4),
      );
      found.push(...more.sort((a, b) => b.score - a.score).slice(0, MOST_SECTIONS));
    }
    return { found, terms, meant };
  };

  /**
   * Where a text has the terms, in order, without overlaps.
   * @param {string} text
   * @param {Term[]} terms
   * @param {boolean} strong leave out words that say little
   */
  const placesIn = (text, terms, strong) => {
    /** @type {Place[]} */
    const places = [];
    for (const { ways, weight } of terms) {
      if (strong && weight < 1) continue;
      for (const { pattern } of ways) {
        pattern.lastIndex = 0;
        let found = pattern.exec(text);
        for (let times = 0; found && times < 50; times += 1) {
          if (!found[0]) break;
          places.push([found.index, found[0].length]);
          found = pattern.exec(text);
        }
      }
    }
    places.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
    let end = 0;
    return places.filter(([start, length]) => {
      const free = start >= end;
      if (free) end = start + length;
      return free;
    });
  };

  /**
   * Where an excerpt begins, so that it has the most different hits.
   * @param {Place[]} places
   * @param {string} text
   */
  const windowOf = (places, text) => {
    let start = 0;
    let most = 0;
    for (const [place] of places) {
      const different = new Set(
        places.filter(([other]) => other >= place && other < place + AROUND).map(([other, length]) => text.substr(other, length)),
      );
      if (different.size > most) {
        most = different.size;
        start = place;
      }
    }
    if (start < 60) return 0;
    const from = start - 50;
    // At a word or line, not inside one.
    const gap = text.slice(from, start).search(/[\s]/);
    return gap < 0 ? from : from + gap + 1;
  };

  /**
   * The text with its hits lit, as Sphinx lights them.
   * @param {HTMLElement} element
   * @param {string} text
   * @param {Place[]} places
   */
  const lit = (element, text, places) => {
    let end = 0;
    for (const [start, length] of places) {
      element.append(text.slice(end, start));
      const mark = document.createElement("span");
      mark.className = "highlighted";
      mark.textContent = text.substr(start, length);
      element.append(mark);
      end = start + length;
    }
    element.append(text.slice(end));
  };

  /**
   * @param {Section} section
   * @param {Term[]} terms
   */
  const excerpt = (section, terms) => {
    const paragraph = document.createElement("p");
    paragraph.className = "context";
    const places = placesIn(section.textLower, terms, terms.some(({ weight }) => weight === 1));
    const from = windowOf(places, section.textLower);
    const to = Math.min(section.text.length, from + 240);
    /** @type {Place[]} */
    const inside = [];
    for (const [start, length] of places) if (start >= from && start + length <= to) inside.push([start - from, length]);
    if (from) paragraph.append("… ");
    lit(paragraph, section.text.slice(from, to), inside);
    if (to < section.text.length) paragraph.append(" …");
    return paragraph;
  };

  /** @param {number} doc @param {string} anchor */
  const addressOf = (doc, anchor) => {
    const name = Search._index.docnames[doc];
    const fragment = anchor ? `#${encodeURIComponent(anchor)}` : "";
    if (DOCUMENTATION_OPTIONS.BUILDER !== "dirhtml") return name + DOCUMENTATION_OPTIONS.LINK_SUFFIX + fragment;
    const root = document.documentElement.dataset.content_root ?? "";
    return `${root}${name === "index" ? "" : name.replace(/\/index$/, "")}${name === "index" ? "" : "/"}${fragment}`;
  };

  /**
   * @param {string} title
   * @param {string} address
   * @param {string} kind
   */
  const item = (title, address, kind) => {
    const line = document.createElement("li");
    line.className = `kind-${kind}`;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = title;
    line.append(link);
    return line;
  };

  /**
   * What Sphinx finds by names: objects that are described, and entries of the index.
   * @param {string} query
   */
  const byNames = (query) => {
    const words = new Set(splitQuery(query.toLowerCase().trim()));
    const found = Search._performSearch(query, new Set(), new Set(), new Set(), words);
    return found.filter((one) => one[6] === "object" || one[6] === "index").reverse();
  };

  /**
   * @param {string} query
   * @param {State} state
   */
  const show = (query, state) => {
    const started = byNames(query);
    const exact = started.filter((one) => one[1].toLowerCase() === query.trim().toLowerCase().replace(/\(\)$/, ""));
    const { found, terms, meant } = search(query, state);
    /** @type {Map<string, [begins: boolean, ends: boolean]>} */
    const surfaces = new Map();
    /** @param {SphinxResult} result */
    const add = ([name, title, anchor, description, , , kind]) => {
      const line = item(title, addressOf(Search._index.docnames.indexOf(name), anchor.slice(1)), kind);
      if (description) line.append(` (${description})`);
      Search.output.append(line);
    };
    exact.forEach(add);
    for (const { section } of found) {
      const page = state.titles[section.doc];
      const line = item(section.anchor ? `${page} > ${section.title}` : page, addressOf(section.doc, section.anchor), "text");
      if (DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY !== false && section.text) line.append(excerpt(section, terms));
      for (const [start, length] of placesIn(section.textLower, terms, true)) {
        const surface = section.textLower.substr(start, length);
        const [begins, ends] = surfaces.get(surface) ?? [true, true];
        const end = start + length;
        surfaces.set(surface, [begins && !inWord(section.textLower, start), ends && !inWord(section.textLower, end)]);
      }
      Search.output.append(line);
    }
    started.filter((one) => !exact.includes(one)).forEach(add);
    remember(surfaces);
    const language = document.documentElement.lang || DOCUMENTATION_OPTIONS.LANGUAGE;
    _finishSearch(found.length + started.length);
    const all = found.length + started.length;
    // A page may be in another language than the site, whose catalogue Sphinx takes its words from.
    if (/^ko(?![a-z])/.test(language)) {
      // That catalogue leaves the line empty, or speaks of categories, which there are none of.
      Search.status.textContent = all ? `${all}곳을 찾았습니다.` : "찾은 곳이 없습니다. 다른 낱말로 찾아보세요.";
    } else if (/^en(?![a-z])/.test(language) && language !== DOCUMENTATION_OPTIONS.LANGUAGE) {
      Search.title.textContent = "Search Results";
      Search.status.textContent = all ? `Places found: ${all}.` : "Nothing was found. Try other words.";
    }
    if (meant.length) Search.status.append(` ${meant.map(([typed, taken]) => `${typed} → ${taken}`).join(", ")}`);
  };

  /**
   * Whether a word goes on over a place: letters of one kind stand on both sides of it.
   * @param {string} text
   * @param {number} place
   */
  const inWord = (text, place) =>
    /^(?:[가-힣]{2}|(?:(?![가-힣])[\p{L}\p{N}]){2})$/u.test(text.slice(Math.max(0, place - 1), place + 1));

  /**
   * Leave what was found to korean-search-lit.js, which lights it on the page that is opened.
   * @param {Map<string, [begins: boolean, ends: boolean]>} surfaces what was found, and whether words begin and end with
   *   it wherever it was
   */
  const remember = (surfaces) => {
    try {
      localStorage.setItem("korean_search_words", JSON.stringify([...surfaces].slice(0, 60)));
    } catch {
      // Storage may be refused; then nothing is lit.
    }
  };

  const plain = Search.query;
  /** @type {State | null} */
  let prepared = null;
  Search.query = (query) => {
    if (!Search._index.korean) return plain(query);
    prepared ??= prepare(Search._index, Search._index.korean);
    const progress = document.getElementById("search-progress");
    if (progress) progress.textContent = "";
    return show(query, prepared);
  };
})();
