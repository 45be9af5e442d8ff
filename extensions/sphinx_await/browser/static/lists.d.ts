/** What sphinx-await-exercise.js hands over to sphinx-await-progress.js: what both need. */
export type Exercises = {
  KEPT: string;
  say: (word: string, values?: Record<string, number>) => string;
  make: <K extends keyof HTMLElementTagNameMap>(kind: K, classes: string, text?: string) => HTMLElementTagNameMap[K];
  button: (text: string, press: () => void) => HTMLButtonElement;
  keyOf: (path: string, name: string) => string;
  read: (key: string) => string;
  refresh: () => void;
};

/** A page in a list: the names of its kept exercises, what those of its kept answers begin with, how many questions. */
export type Row = { element: HTMLElement; keys: string[]; asked: string; questions: number };
