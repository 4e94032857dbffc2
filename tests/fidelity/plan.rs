//! A plan as one line: node types, join types, relations and indexes, inputs in order.

use serde_json::Value;

/// The line.
pub fn shape(plan: &Value) -> String {
    let text = |key: &str| plan[key].as_str().unwrap_or_default();
    let mut parts: Vec<String> = Vec::new();
    let relation = ["Alias", "Relation Name", "CTE Name"]
        .into_iter()
        .map(text)
        .find(|name| !name.is_empty());
    if let Some(relation) = relation
        && !matches!(text("Node Type"), "Bitmap Index Scan" | "ModifyTable")
    {
        parts.push(relation.to_owned());
    }
    if !text("Index Name").is_empty() {
        let backward = text("Scan Direction") == "Backward";
        parts.push(format!(
            "{}{}",
            text("Index Name"),
            if backward { "<" } else { "" }
        ));
    }
    for child in plan["Plans"].as_array().into_iter().flatten() {
        let kind = child["Parent Relationship"].as_str().unwrap_or_default();
        let mark = if matches!(kind, "InitPlan" | "SubPlan") {
            "sub:"
        } else {
            ""
        };
        parts.push(format!("{mark}{}", shape(child)));
    }
    let mut name = match text("Node Type") {
        "Aggregate" => match text("Strategy") {
            "Sorted" => "GroupAgg",
            "Hashed" => "HashAgg",
            _ => "Agg",
        }
        .to_owned(),
        "ModifyTable" => text("Operation").to_owned(),
        "SetOp" => format!("SetOp{}{}", text("Strategy"), text("Command")),
        other => other.replace(' ', ""),
    };
    let join = text("Join Type");
    if !join.is_empty() && join != "Inner" {
        name = format!("{name}/{join}");
    }
    if parts.is_empty() {
        name
    } else {
        format!("{name}({})", parts.join(","))
    }
}
