/** Run pack.py in Pyodide. Arguments: its folder, `extensions`, the npm package pyodide, the wheels, the target. */
import { pathToFileURL } from "node:url";

const [script, ...folders] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folders[1]}/pyodide.mjs`).href);
const python = await loadPyodide();
const places = folders.map((folder, index) => {
  python.FS.mkdirTree(`/in/${index}`);
  python.mountNodeFS(`/in/${index}`, folder);
  return `/in/${index}`;
});
python.FS.mkdirTree("/in/script");
python.mountNodeFS("/in/script", script);
python.runPython(`import sys; sys.path[:0] = ["/in/script", "${places[0]}"]`);
try {
  python.pyimport("pack").main(...places);
} catch (error) {
  // Node would print the line that threw: all of Pyodide is one.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
