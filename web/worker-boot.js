// Starts the engine inside the Web Worker. The build replaces "./worker.js" by its hashed name.
import init from "./worker.js";

await init();
