//! The service, scripted as the page would.

use super::*;

fn service() -> Service {
    let mut service = Service::new(Host {
        now_ms: || 0.0,
        memory_bytes: || 65536.0,
    });
    service.take_answers();
    service
}

fn run(service: &mut Service, id: u32, script: &str) {
    let request = RunRequest {
        script: script.to_owned(),
        row_limit: 100,
        measure: true,
        timeout_ms: 0,
    };
    service.receive(RequestId(id), Request::Run(request));
}

/// Works to the end and gives the answers to one request.
fn finish(service: &mut Service, id: u32) -> Vec<Response> {
    while service.work() == Pending::More {}
    service
        .take_answers()
        .into_iter()
        .filter(|answer| answer.id == RequestId(id))
        .map(|answer| answer.response)
        .collect()
}

fn plan_of(service: &mut Service, text: &str) -> (Option<PlanView>, Vec<protocol::Diagnostic>) {
    let request = PlanRequest {
        text: text.to_owned(),
        cursor: 0,
        considered: true,
    };
    service.receive(RequestId(99), Request::Plan(request));
    for answer in service.take_answers() {
        if let Response::Planned {
            plan, diagnostics, ..
        } = answer.response
        {
            return (plan.map(|plan| *plan), diagnostics);
        }
    }
    panic!("planning is answered at once");
}

const TABLE: &str = "create table t (a integer primary key, b text); insert into t select i, 'x' from generate_series(1, 20000) as g(i);";

#[test]
fn ping_is_answered_at_once_under_its_own_id() {
    let mut service = service();
    service.turn_took(9.0);
    service.receive(RequestId(7), Request::Ping);
    let answers = service.take_answers();
    assert_eq!(answers[0].id, RequestId(7));
    assert!(matches!(&answers[0].response, Response::Pong(state) if state.lag_ms == 9.0));
    assert_eq!(service.work(), Pending::Idle);
}

#[test]
fn a_script_answers_rows_then_its_end_with_schema_and_plan() {
    let mut service = service();
    run(
        &mut service,
        1,
        &format!("{TABLE} select b, a from t where a = 42"),
    );
    let answers = finish(&mut service, 1);
    let rows = answers
        .iter()
        .find_map(|answer| match answer {
            Response::Rows(rows) if rows.rows > 0 => Some(rows),
            _ => None,
        })
        .unwrap();
    assert_eq!(
        (
            rows.rows,
            rows.columns[1].name.as_str(),
            rows.columns[1].text.0.as_slice()
        ),
        (1, "a", b"42".as_slice())
    );
    let Some(Response::Finished(finished)) = answers.last() else {
        panic!("{answers:?}")
    };
    assert_eq!(finished.schema.tables[0].rows, 20_000.0);
    let plan = finished.plan.as_ref().unwrap();
    assert_eq!(plan.nodes[0].title, "Index Scan using t_pkey on t");
    assert_eq!(plan.nodes[0].actual.as_ref().unwrap().rows, 1.0);
    let measured = plan.measured.as_ref().unwrap();
    assert_eq!(measured.buffers_hit + measured.buffers_read, 3.0);
}

#[test]
fn planning_is_answered_while_a_run_is_under_way() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    run(
        &mut service,
        2,
        "select count(*) from t x, t y where x.a + y.a < 0",
    );
    for _ in 0..5 {
        assert_eq!(service.work(), Pending::More);
    }
    let (plan, diagnostics) = plan_of(&mut service, "select * from t where a = 7");
    assert_eq!(diagnostics, []);
    assert_eq!(plan.unwrap().nodes[0].title, "Index Scan using t_pkey on t");
    service.receive(RequestId(3), Request::Cancel { run: 2 });
    let answers = finish(&mut service, 2);
    assert!(matches!(answers.last(), Some(Response::Cancelled { .. })));
    run(&mut service, 4, "select count(*) from t");
    assert!(matches!(
        finish(&mut service, 4).last(),
        Some(Response::Finished(_))
    ));
}

#[test]
fn a_cancelled_insert_leaves_no_row() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    run(
        &mut service,
        2,
        "insert into t select i, 'y' from generate_series(20001, 900000) as g(i)",
    );
    for _ in 0..8 {
        service.work();
    }
    service.receive(RequestId(3), Request::Cancel { run: 2 });
    let answers = finish(&mut service, 2);
    let Some(Response::Cancelled { schema }) = answers.last() else {
        panic!("{answers:?}")
    };
    assert_eq!(schema.tables[0].rows, 20_000.0);
}

#[test]
fn an_error_names_code_and_place_and_undoes_its_statement() {
    let mut service = service();
    run(
        &mut service,
        1,
        "create table t (a integer); select nothing from t",
    );
    let answers = finish(&mut service, 1);
    let Some(Response::Failed { failure, schema }) = answers.last() else {
        panic!("{answers:?}")
    };
    assert_eq!(failure.code, "42703");
    assert_eq!(failure.span.unwrap().start, 35);
    assert_eq!(schema.as_ref().unwrap().tables.len(), 1);
}

#[test]
fn mistakes_are_underlined_and_the_good_statement_is_planned() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let (plan, diagnostics) = plan_of(&mut service, "select a from t; selec 1; select z from t");
    assert_eq!(plan.unwrap().sql, "select a from t");
    let codes: Vec<&str> = diagnostics
        .iter()
        .map(|it| it.failure.code.as_str())
        .collect();
    assert_eq!(codes, ["42601", "42703"]);
}

#[test]
fn reset_leaves_an_empty_database() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    service.receive(RequestId(2), Request::Reset);
    let answers = finish(&mut service, 2);
    assert!(matches!(&answers[0], Response::Schema(schema) if schema.tables.is_empty()));
}

#[test]
fn what_another_index_would_do_is_answered_at_once_and_changes_nothing() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let text = "select * from t where b = 'y'";
    let request = protocol::WhatIfRequest {
        text: text.to_owned(),
        cursor: 0,
        definition: "create index on t (b)".to_owned(),
    };
    service.receive(RequestId(2), Request::WhatIf(request));
    let answers = service.take_answers();
    let Some(Response::WhatIf(view)) = answers.into_iter().map(|answer| answer.response).next()
    else {
        panic!("a what-if is answered at once");
    };
    assert!(view.used, "{}", view.reason);
    assert!(view.pages > 10.0 && view.height == 2);
    let (plan, _) = plan_of(&mut service, text);
    let plan = plan.unwrap();
    assert!(plan.nodes[0].title.starts_with("Seq Scan"));
    assert_eq!(plan.verdicts.len(), 1);
}

#[test]
fn a_newer_search_for_indexes_takes_the_place_of_the_one_under_way() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let request = |text: &str| {
        Request::Candidates(protocol::CandidatesRequest {
            text: text.to_owned(),
            cursor: 0,
        })
    };
    let text = "select a from t where b = 'y' order by a limit 3";
    service.receive(RequestId(2), request(text));
    service.receive(RequestId(3), request(text));
    while service.work() == Pending::More {}
    let answers = service.take_answers();
    assert_eq!(answers.len(), 1);
    let Response::Candidates(view) = &answers[0].response else {
        panic!("candidates");
    };
    assert!(view.complete && !view.candidates.is_empty());
    let helps = |one: &protocol::CandidateView| one.cost.total < view.present.unwrap().total;
    assert!(view.candidates.iter().all(helps));
}

#[test]
fn a_search_over_orders_does_not_end_a_search_for_candidates() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let text = "select a from t where b = 'y' order by a limit 3".to_owned();
    let candidates = protocol::CandidatesRequest {
        text: text.clone(),
        cursor: 0,
    };
    let orders = protocol::OrderMatrixRequest {
        table: "t".to_owned(),
        columns: vec!["a".to_owned(), "b".to_owned()],
        statements: vec![text],
    };
    service.receive(RequestId(2), Request::Candidates(candidates));
    service.receive(RequestId(3), Request::OrderMatrix(orders));
    while service.work() == Pending::More {}
    let answers = service.take_answers();
    let ids: Vec<RequestId> = answers.iter().map(|answer| answer.id).collect();
    assert_eq!(ids, [RequestId(2), RequestId(3)]);
}

#[test]
fn all_orders_of_some_columns_are_tried_beside_each_statement() {
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let request = protocol::OrderMatrixRequest {
        table: "t".to_owned(),
        columns: vec!["a".to_owned(), "b".to_owned()],
        statements: vec![
            "select * from t where b = 'y'".to_owned(),
            "select * from t order by a, b".to_owned(),
        ],
    };
    service.receive(RequestId(2), Request::OrderMatrix(request));
    let Some(Response::OrderMatrix(matrix)) = finish(&mut service, 2).pop() else {
        panic!("a matrix");
    };
    let keys: Vec<&str> = matrix.rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "a, b", "b, a"]);
    assert!(matrix.rows.iter().all(|row| row.costs.len() == 2));
    assert!(matrix.rows[1].used[0] && !matrix.rows[0].used[0]);
}

#[test]
fn a_measured_change_leaves_its_ledger_its_trace_and_its_time_on_every_device() {
    let mut service = service();
    run(
        &mut service,
        1,
        &format!("{TABLE} create index t_b on t (b, a); set shared_buffers = 8"),
    );
    finish(&mut service, 1);
    run(
        &mut service,
        2,
        "insert into t select i, 'w' || i % 100 from generate_series(20001, 21000) as g(i)",
    );
    let answers = finish(&mut service, 2);
    let ledger = answers.iter().find_map(|answer| match answer {
        Response::StatementDone(done) => done.ledger.as_deref(),
        _ => None,
    });
    let splits: f64 = ledger
        .unwrap()
        .indexes
        .iter()
        .map(|index| index.splits)
        .sum();
    assert!(splits > 0.0);
    let Some(Response::Finished(finished)) = answers.last() else {
        panic!("{answers:?}")
    };
    let measured = finished.plan.as_ref().unwrap().measured.as_ref().unwrap();
    let devices: Vec<&str> = measured
        .modelled
        .iter()
        .map(|time| time.device.as_str())
        .collect();
    assert_eq!(devices, ["memory", "nvme", "ssd", "hdd", "network"]);
    assert_eq!(measured.modelled[1].ms, measured.modelled_ms);
    assert!(measured.modelled[3].ms > measured.modelled[1].ms);

    service.receive(RequestId(3), Request::Trace);
    let answers = finish(&mut service, 3);
    let [Response::Trace(trace)] = answers.as_slice() else {
        panic!("{answers:?}")
    };
    let told = |byte: u8| trace.found.0.iter().filter(|found| **found == byte).count() as f64;
    assert_eq!(trace.omitted, 0.0);
    assert_eq!(told(0), measured.buffers_hit);
    assert_eq!(told(1), measured.buffers_read);
    assert_eq!(told(4), splits);
    let names: Vec<&str> = trace
        .relations
        .iter()
        .map(|relation| relation.name.as_str())
        .collect();
    assert_eq!(names, ["t", "t_pkey", "t_b"]);
}

#[test]
fn an_emptied_pool_keeps_its_size_and_the_next_run_reads_all_again() {
    fn read(service: &mut Service, id: u32) -> (f64, f64) {
        run(service, id, "select count(*) from t");
        match finish(service, id).last() {
            Some(Response::Finished(finished)) => {
                let measured = finished.plan.as_ref().unwrap().measured.as_ref().unwrap();
                (measured.buffers_read, finished.schema.memory.buffer_pages)
            }
            other => panic!("{other:?}"),
        }
    }
    let mut service = service();
    run(&mut service, 1, TABLE);
    finish(&mut service, 1);
    let (warm, size) = read(&mut service, 2);
    assert_eq!(warm, 0.0);
    service.receive(RequestId(3), Request::EmptyPool);
    let answered = finish(&mut service, 3);
    assert!(matches!(&answered[..], [Response::Schema(_)]));
    let (cold, same) = read(&mut service, 4);
    assert!(cold > 50.0, "{cold} pages");
    assert_eq!(same, size);
}
