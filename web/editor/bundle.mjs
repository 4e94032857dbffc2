// Makes the editor's bundle: `node bundle.mjs OUT`. Called by `cargo xtask`; esbuild by its JavaScript interface,
// because its command is a script or a binary, depending on whether npm ran its install script.

import { build } from "esbuild";
import { fileURLToPath } from "node:url";

await build({
  entryPoints: [fileURLToPath(new URL("editor.js", import.meta.url))],
  outfile: process.argv[2],
  bundle: true,
  format: "esm",
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
});
