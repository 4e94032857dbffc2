// Makes the editor's modules: `node bundle.mjs FOLDER`. Called by `cargo xtask`; esbuild by its JavaScript interface,
// because its command is a script or a binary, depending on whether npm ran its install script.
//
// Three files, so that no task of the main thread evaluates all of CodeMirror at once: editor.js, what it stands on
// (editor-chunk.js), and what it loads once it is drawn (editor-language.js).

import { build } from "esbuild";
import { fileURLToPath } from "node:url";

await build({
  entryPoints: [fileURLToPath(new URL("editor.js", import.meta.url))],
  outdir: process.argv[2],
  chunkNames: "editor-[name]",
  splitting: true,
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
});
