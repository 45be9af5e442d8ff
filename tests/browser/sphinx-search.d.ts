// What Sphinx's own scripts give to the script of korean_search.

interface KoreanPart {
  sections: [doc: number, anchor: string, title: string, text: string][];
  forms: Record<string, string>;
  synonyms: string[][];
  last: number[];
}

interface SearchIndex {
  docnames: string[];
  titles: string[];
  terms: Record<string, number | number[]>;
  titleterms: Record<string, number | number[]>;
  korean?: KoreanPart;
}

type SphinxResult = [
  docname: string,
  title: string,
  anchor: string,
  description: string | null,
  score: number,
  filename: string,
  kind: string,
];

declare const Search: {
  _index: SearchIndex;
  _performSearch(
    query: string,
    searchTerms: Set<string>,
    excludedTerms: Set<string>,
    highlightTerms: Set<string>,
    objectTerms: Set<string>,
  ): SphinxResult[];
  query(query: string): void;
  output: HTMLElement;
  status: HTMLElement;
  title: HTMLElement;
};
declare const DOCUMENTATION_OPTIONS: {
  BUILDER: string;
  LANGUAGE: string;
  LINK_SUFFIX: string;
  SHOW_SEARCH_SUMMARY?: boolean;
};
declare function splitQuery(query: string): string[];
declare function _finishSearch(results: number): void;
