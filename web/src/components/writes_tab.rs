//! The *Writes* tab: the write ledger of the last INSERT, UPDATE, DELETE or VACUUM.

use viewmodel::write_ledger::{self, COLUMNS, LedgerRow, LedgerTable};
use yew::prelude::{Html, classes, component, html};

use crate::hooks::use_store;

fn row(row: &LedgerRow) -> Html {
    html! {
        <tr class={classes!(row.idle.then_some("pw-writes__idle"))} key={row.name.clone()}>
            <th scope="row">{ &row.name }<span class="pw-writes__what">{ row.what }{ if row.idle { " · left alone" } else { "" } }</span></th>
            { for row.cells.iter().map(|cell| html! { <td>{ cell }</td> }) }
            <td class="pw-pages__bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width={row.share.to_string()} height="8" /></svg></td>
        </tr>
    }
}

fn ledger(table: &LedgerTable) -> Html {
    html! {
        <>
            <dl class="pw-writes__figures" aria-label="What the change cost">
                { for table.figures.iter().map(|figure| html! {
                    <div class="pw-figures__item" key={figure.label}>
                        <dt class="pw-figures__label">{ figure.label }</dt>
                        <dd class="pw-figures__value"><strong>{ &figure.value }</strong><span class="pw-figures__unit">{ &figure.note }</span></dd>
                    </div>
                }) }
            </dl>
            if let Some((word, why)) = &table.hot {
                <p class="pw-writes__hot"><strong class={classes!("pw-writes__word", (*word == "HOT").then_some("pw-writes__word--good"))}>{ word }</strong>{ why }</p>
            }
            { for table.notes.iter().map(|note| html! { <p class="pw-pages__note">{ note }</p> }) }
            <div class="pw-pages__scroll" tabindex="0" role="region" aria-label="Write ledger, as a table">
                <table class="pw-table-plain" aria-label="Write ledger">
                    <thead><tr>
                        <th scope="col">{ "Table and indexes" }</th>
                        { for COLUMNS.into_iter().map(|name| html! { <th scope="col">{ name }</th> }) }
                        <td></td>
                    </tr></thead>
                    <tbody>{ for table.rows.iter().map(row) }</tbody>
                    <tfoot><tr><th scope="row">{ "all" }</th>{ for table.total.iter().map(|cell| html! { <td>{ cell }</td> }) }<td></td></tr></tfoot>
                </table>
            </div>
        </>
    }
}

/// The tab.
#[component]
pub fn WritesTab() -> Html {
    let store = use_store();
    let state = store.state();
    let Some(writes) = &state.writes else {
        return html! {
            <p class="pw-empty">{ "Run an INSERT, UPDATE, DELETE or VACUUM to see what it writes: rows, index entries, pages, splits and bytes, the table and each index apart." }</p>
        };
    };
    html! {
        <div class="pw-pages">
            <section class="pw-pages__part" aria-label="Writes">
                <h3 class="pw-pages__title">{ &writes.tag }<span class="pw-pages__kind">{ "measured, last change" }</span></h3>
                <p class="pw-pages__sql"><code>{ &writes.sql }</code></p>
                { match write_ledger::table(writes, &state.schema) {
                    Some(table) => ledger(&table),
                    None => html! { <p class="pw-pages__note">{ "It changed no row, so there is nothing to show." }</p> },
                } }
            </section>
        </div>
    }
}
