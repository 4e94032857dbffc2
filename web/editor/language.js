// What the editor knows of SQL: highlighting, completion, closing brackets, underlined errors. Loaded after the editor
// itself has been drawn, see editor.js.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { PostgreSQL, sql } from "@codemirror/lang-sql";
import { keymap } from "@codemirror/view";

export { setDiagnostics } from "@codemirror/lint";

/** Extensions that complete from a schema. @param {Record<string, {label: string, type: string, detail?: string}[]>} schema */
export const language = (schema) => [
  sql({ dialect: PostgreSQL, upperCaseKeywords: false, schema }),
  closeBrackets(),
  autocompletion({ activateOnTyping: true }),
  keymap.of([...closeBracketsKeymap, ...completionKeymap]),
];
