// Starts the page, and tells it where the other parts are.
//
// The build replaces each "./name" below by the hashed name of that file, so that the page itself never spells a
// file name and the site works from any folder. Nothing else belongs here.
import init from "./page.js";

globalThis.pagewalk = {
  workerUrl: new URL("./worker-boot.js", import.meta.url).href,
  loadEditor: () => import("./editor.js"),
};

await init();
