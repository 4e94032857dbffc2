//! One table: sizes, columns with their statistics, indexes.

use protocol::{TableColumnView, TableView};
use viewmodel::{format, schema_labels};
use yew::prelude::{Html, Properties, classes, component, html};

use super::index_card::IndexCard;
use crate::hooks::use_store;

/// What a table is given.
#[derive(PartialEq, Properties)]
pub struct TableCardProps {
    /// The table.
    pub table: TableView,
}

const WIDTH: f64 = 54.0;
const HEIGHT: f64 = 14.0;

/// A small histogram: heights as the statistics have them.
fn bars(column: &TableColumnView) -> Html {
    let count = column.bars.len().max(1);
    #[allow(clippy::cast_precision_loss, reason = "there are at most a dozen bars")]
    let step = WIDTH / count as f64;
    html! {
        <svg class="pw-column__bars" width={WIDTH.to_string()} height={HEIGHT.to_string()} aria-hidden="true">
            { for column.bars.iter().enumerate().map(|(at, height)| {
                #[allow(clippy::cast_precision_loss, reason = "there are at most a dozen bars")]
                let x = at as f64 * step;
                let height = (f64::from(*height) * HEIGHT).max(1.0);
                html! { <rect x={x.to_string()} y={(HEIGHT - height).to_string()} width={(step - 1.0).max(1.0).to_string()} height={height.to_string()} /> }
            }) }
        </svg>
    }
}

/// The table.
#[component]
pub fn TableCard(props: &TableCardProps) -> Html {
    let store = use_store();
    let table = &props.table;
    let text = &store.state().text;
    html! {
        <section class="pw-table" aria-label={format!("Table {}", table.name)}>
            <h3 class="pw-table__head">
                <span class="pw-table__name">{ &table.name }</span>
                <span class="pw-table__size">{ format!("{} · {}", format::counted(table.pages, "page"), format::bytes(table.bytes)) }</span>
            </h3>
            <p class="pw-table__rows">{ schema_labels::rows_line(table) }</p>
            <ul class="pw-table__columns">
                { for table.columns.iter().map(|column| html! {
                    <li key={column.name.clone()} class={classes!("pw-column", schema_labels::mentions(text, &column.name).then_some("pw-column--mentioned"))}
                        title={schema_labels::column_title(column)}>
                        <span class="pw-column__name">{ &column.name }</span>
                        { bars(column) }
                        <span class="pw-column__distinct">{ schema_labels::distinct_label(column) }</span>
                    </li>
                }) }
            </ul>
            { for table.indexes.iter().map(|index| html! { <IndexCard key={index.id} index={index.clone()} /> }) }
        </section>
    }
}
