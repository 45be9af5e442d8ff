/** Bundle the editor into the given file, with the licences of its packages. */
import { readFile } from "node:fs/promises";
import { build } from "esbuild";

const { packages } = JSON.parse(await readFile("package-lock.json", "utf-8"));
const folders = Object.keys(packages).filter((folder) => folder && !folder.includes("esbuild"));
const texts = await Promise.all(folders.map((folder) => readFile(`${folder}/LICENSE`, "utf-8")));
const licences = [...new Set(texts)].join("\n"); // most packages have the same
await build({
  entryPoints: ["codemirror.mjs"],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  banner: { js: `/*! CodeMirror, Lezer and what belongs to them.\n\n${licences}*/` },
});
