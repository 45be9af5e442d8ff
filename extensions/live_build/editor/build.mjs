/** Bundles the editor into the file that is named, with the licence of what is in it. */
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

const licence = await readFile("node_modules/@codemirror/view/LICENSE", "utf-8");
await build({
  entryPoints: ["codemirror.mjs"],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  banner: { js: `/*! CodeMirror, Lezer and what belongs to them.\n\n${licence}*/` },
});
