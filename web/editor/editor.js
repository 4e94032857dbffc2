// The SQL editor: CodeMirror 6, behind one class that the page drives.
//
// Why a class and not the library itself: the page is Rust, and everything that crosses to JavaScript costs glue.
// These few methods are all it needs. Positions are UTF-16 offsets, as everywhere in JavaScript.
//
// The editor lives in a shadow root. CodeMirror writes its style sheet at run time; into a document it goes as a
// <style> element, which our Content-Security-Policy forbids, into a shadow root as an adopted sheet, which it
// allows. Custom properties (`--pw-…`) reach inside, so colours and type are still those of tokens.css.

//
// It starts with what typing needs; highlighting, completion and underlining (language.js) come as a second module, so
// that neither loading nor drawing keeps the main thread for long.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Annotation, Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightSpecialChars, keymap, placeholder, tooltips } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Marks a change that the page made, so that it is not reported back to the page. */
const fromPage = Annotation.define();

const setMarks = StateEffect.define();

const marks = StateField.define({
  create: () => Decoration.none,
  update(old, transaction) {
    let next = old.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setMarks)) next = effect.value;
    }
    return next;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--pw-accent, #0b6e99)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--pw-good, #00795c)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--pw-hypothetical, #8a4fb5)" },
  { tag: tags.typeName, color: "var(--pw-hypothetical, #8a4fb5)" },
  { tag: tags.comment, color: "var(--pw-ink-3, #6b7178)", fontStyle: "italic" },
]);

const look = {
  "&": { height: "100%", fontSize: "var(--pw-size-l, 15px)", color: "var(--pw-ink, #1c2024)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--pw-mono, monospace)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--pw-ink, #1c2024)", padding: "var(--pw-2, 8px) 0" },
  ".cm-line": { padding: "0 var(--pw-3, 12px)" },
  ".cm-cursor": { borderLeftColor: "var(--pw-ink, #1c2024)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--pw-accent-soft, #e3f0f6)",
  },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid var(--pw-line-strong, #c4c4ba)",
  },
  ".cm-placeholder": { color: "var(--pw-ink-3, #6b7178)" },
  ".cm-tooltip": {
    color: "var(--pw-ink, #1c2024)",
    backgroundColor: "var(--pw-surface, #fff)",
    border: "1px solid var(--pw-line-strong, #c4c4ba)",
    borderRadius: "var(--pw-radius, 6px)",
    fontSize: "var(--pw-size-m, 13px)",
    boxShadow: "var(--pw-shadow, none)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    color: "var(--pw-accent-ink, #fff)",
    backgroundColor: "var(--pw-accent, #0b6e99)",
  },
  ".cm-diagnostic-error": { borderLeftColor: "var(--pw-bad, #b3400e)" },
  // The underline is drawn by the browser: CodeMirror's own is an image in a data: URL, which the
  // Content-Security-Policy forbids.
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--pw-bad, #b3400e)",
    textDecorationSkipInk: "none",
    textUnderlineOffset: "3px",
  },
  ".pw-mark": { backgroundColor: "var(--pw-cost-1, #f5d9a0)", borderRadius: "3px" },
};

/** Light or dark changes only what CodeMirror itself draws; our colours follow the page's tokens. */
const theme = (dark) => EditorView.theme(look, { dark });

/**
 * Typing over a selection, done here instead of by the browser: Chromium keeps the look of what it replaces in a style
 * attribute, which the Content-Security-Policy forbids and the console then reports as an error.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    if (event.inputType !== "insertText" || event.data == null || main.empty || view.composing) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    const taken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, event.data, insert));
    if (!taken) view.dispatch(insert());
    return true;
  },
});

export class Editor {
  /**
   * @param {HTMLElement} parent an empty element; it becomes the host of a shadow root
   * @param {{doc?: string, dark?: boolean, onChange?: (doc: string, cursor: number) => void,
   *   onCursor?: (cursor: number) => void, onRun?: () => void, onCancel?: () => void}} options
   *   `onChange` and `onCursor` report what the user did, not what `setDoc` set
   */
  constructor(parent, { doc = "", dark = false, onChange, onCursor, onRun, onCancel } = {}) {
    this.theme = new Compartment();
    this.language = new Compartment();
    this.schema = {};
    this.diagnostics = [];
    const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
    const call = (callback) => () => {
      callback?.();
      return true;
    };
    this.view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc,
        extensions: [
          Prec.highest(keymap.of([{ key: "Mod-Enter", run: call(onRun) }])),
          history(),
          drawSelection(),
          highlightSpecialChars(),
          typeOverSelection,
          bracketMatching(),
          tooltips({ position: "fixed" }),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "SQL", spellcheck: "false", autocapitalize: "off" }),
          placeholder("SELECT …"),
          syntaxHighlighting(colours),
          marks,
          this.theme.of(theme(dark)),
          // Its keys stand before the ones below: the completion's own Escape closes its list.
          this.language.of([]),
          keymap.of(historyKeymap),
          keymap.of([{ key: "Escape", run: call(onCancel) }, ...defaultKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.transactions.some((t) => t.annotation(fromPage))) return;
            const cursor = update.state.selection.main.head;
            if (update.docChanged) onChange?.(update.state.doc.toString(), cursor);
            else if (update.selectionSet) onCursor?.(cursor);
          }),
        ],
      }),
    });
  }

  /** Loads and adds highlighting, completion and underlining. Resolves when they are there. */
  async complete() {
    const parts = await import("./language.js");
    await new Promise((resolve) => setTimeout(resolve));
    this.parts = parts;
    this.#setLanguage();
    await new Promise((resolve) => setTimeout(resolve));
    this.#setDiagnostics();
  }

  #setLanguage() {
    if (this.parts) this.view.dispatch({ effects: this.language.reconfigure(this.parts.language(this.schema)) });
  }

  #setDiagnostics() {
    if (!this.parts) return;
    const length = this.view.state.doc.length;
    const diagnostics = this.diagnostics.map(({ from, to, message }) => {
      // An error at the end of the text has nothing to stand under; it takes the last character.
      const end = Math.min(Math.max(to, from + 1), length);
      return { from: Math.min(from, Math.max(end - 1, 0)), to: end, message, severity: "error" };
    });
    this.view.dispatch(this.parts.setDiagnostics(this.view.state, diagnostics));
  }

  getDoc() {
    return this.view.state.doc.toString();
  }

  /** Replaces the text; the cursor stays as near as it can. Does nothing when it is the same text. */
  setDoc(doc) {
    const { state } = this.view;
    if (state.doc.toString() === doc) return;
    this.view.dispatch({
      changes: { from: 0, to: state.doc.length, insert: doc },
      selection: { anchor: Math.min(state.selection.main.anchor, doc.length) },
      annotations: fromPage.of(true),
    });
  }

  /** What completion offers. @param {{name: string, columns: {name: string, type?: string}[]}[]} tables */
  setSchema(tables) {
    const schema = {};
    for (const { name, columns } of tables) {
      schema[name] = columns.map((column) => ({ label: column.name, type: "property", detail: column.type }));
    }
    this.schema = schema;
    this.#setLanguage();
  }

  /** Underlines errors. @param {{from: number, to: number, message: string}[]} list */
  setDiagnostics(list) {
    this.diagnostics = list;
    this.#setDiagnostics();
  }

  /** Shades parts of the text until it is called again. @param {{from: number, to: number}[]} ranges */
  highlightRanges(ranges) {
    const length = this.view.state.doc.length;
    const shaded = ranges
      .map(({ from, to }) => ({ from: Math.min(from, length), to: Math.min(to, length) }))
      .filter(({ from, to }) => from < to)
      .map(({ from, to }) => Decoration.mark({ class: "pw-mark" }).range(from, to));
    this.view.dispatch({ effects: setMarks.of(Decoration.set(shaded, true)) });
  }

  setDark(dark) {
    this.view.dispatch({ effects: this.theme.reconfigure(theme(dark)) });
  }

  focus() {
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}
