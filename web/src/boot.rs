//! What `boot.js` tells the page: where the other files are, under whatever names the build gave them.

use js_sys::Promise;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = pagewalk, js_name = workerUrl, thread_local_v2)]
    static WORKER_URL: String;

    /// Starts loading the editor's bundle; resolves to its module.
    #[wasm_bindgen(js_namespace = pagewalk, js_name = loadEditor)]
    pub fn load_editor() -> Promise;
}

/// Address of the worker's script.
pub fn worker_url() -> String {
    WORKER_URL.with(Clone::clone)
}
