//! What is drawn. One component a file; none of them decides anything that `viewmodel` can.

mod candidate_list;
mod cost_curve;
mod engine_status;
mod explain_text;
mod figures_bar;
mod flip_points;
mod header_bar;
mod index_card;
mod new_index;
mod node_details;
mod notice_bar;
mod plan_node;
mod plan_tree;
mod result_grid;
mod sql_editor;
mod tab_bar;
mod table_card;
mod tables_panel;
mod unfolded_cost;

pub use cost_curve::CostCurve;
pub use engine_status::EngineStatus;
pub use explain_text::ExplainText;
pub use figures_bar::FiguresBar;
pub use header_bar::HeaderBar;
pub use new_index::NewIndex;
pub use node_details::NodeDetails;
pub use notice_bar::NoticeBar;
pub use plan_tree::PlanTree;
pub use result_grid::ResultGrid;
pub use sql_editor::SqlEditor;
pub use tab_bar::TabBar;
pub use tables_panel::TablesPanel;
