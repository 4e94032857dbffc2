//! PostgreSQL's answers.

use super::Numeric;
use alloc::string::String;

fn n(text: &str) -> Numeric {
    Numeric::parse(text).unwrap().unwrap()
}

fn shown(value: Numeric) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}

#[test]
fn quotients_show_as_many_digits_as_postgresql() {
    for (a, b, quotient) in [
        ("1", "3.0", "0.33333333333333333333"),
        ("3", "2", "1.5000000000000000"),
        ("10", "3", "3.3333333333333333"),
        ("2", "3", "0.66666666666666666667"),
        ("1000000", "7", "142857.142857142857"),
        ("100", "0.003", "33333.333333333333"),
        ("0", "5", "0.00000000000000000000"),
        ("-7", "2", "-3.5000000000000000"),
        ("1.00", "8", "0.12500000000000000000"),
    ] {
        assert_eq!(shown(n(a).div(n(b)).unwrap()), quotient, "{a} / {b}");
    }
}

#[test]
fn sums_and_products_keep_every_digit() {
    assert_eq!(shown(n("1.10").add(n("2.205")).unwrap()), "3.305");
    assert_eq!(shown(n("1.10").mul(n("2.200")).unwrap()), "2.42000");
    assert_eq!(shown(n("5.5").sub(n("5.5")).unwrap()), "0.0");
    assert_eq!(shown(n("-7.5").rem(n("2")).unwrap()), "-1.5");
}

#[test]
fn rounding_is_half_away_from_zero() {
    assert_eq!(shown(n("2.5").round(0).unwrap()), "3");
    assert_eq!(shown(n("-2.5").round(0).unwrap()), "-3");
    assert_eq!(shown(n("1234.567").round(-2).unwrap()), "1200");
    assert_eq!(shown(n("1.5").round(4).unwrap()), "1.5000");
    assert_eq!(shown(n("-1.999").trunc(1).unwrap()), "-1.9");
    assert_eq!(shown(n("-1.5").ceil().unwrap()), "-1");
    assert_eq!(shown(n("-1.5").floor().unwrap()), "-2");
}

#[test]
fn roots_and_powers_show_sixteen_digits() {
    assert_eq!(shown(n("2.0").sqrt().unwrap()), "1.414213562373095");
    assert_eq!(shown(n("4").sqrt().unwrap()), "2.000000000000000");
    assert_eq!(shown(n("2.0").power(n("3")).unwrap()), "8.0000000000000000");
    assert_eq!(shown(n("2").power(n("-2")).unwrap()), "0.2500000000000000");
}

#[test]
fn comparing_ignores_scale() {
    assert!(n("1.0").compare(n("1.000")).is_eq());
    assert!(n("-3").compare(n("2.5")).is_lt());
    assert!(
        n("99999999999999999999999999999999999999")
            .compare(n("0.00000000000000000000000000000000000001"))
            .is_gt()
    );
    assert!(
        n("-99999999999999999999999999999999999999")
            .compare(n("-0.00000000000000000000000000000000000001"))
            .is_lt()
    );
}

#[test]
fn a_typmod_rounds_and_refuses_too_many_digits() {
    assert_eq!(shown(n("12.345").with_typmod(5, 2).unwrap()), "12.35");
    let error = n("1000").with_typmod(5, 2).unwrap_err();
    assert_eq!(error.code.sqlstate(), "22003");
    assert_eq!(
        error.detail.as_deref(),
        Some("A field with precision 5, scale 2 must round to an absolute value less than 10^3.")
    );
}

#[test]
fn stored_groups_match_postgresql_lengths() {
    assert_eq!(n("12.50").stored_groups(), 2);
    assert_eq!(n("100.00").stored_groups(), 1);
    assert_eq!(n("0").stored_groups(), 0);
    assert_eq!(n("10000").stored_groups(), 1);
    assert_eq!(n("0.0001").stored_groups(), 1);
    assert_eq!(n("12345.6789").stored_groups(), 3);
}

#[test]
fn doubles_become_fifteen_digits() {
    assert_eq!(shown(Numeric::from_f64(0.1).unwrap()), "0.1");
    assert_eq!(
        shown(Numeric::from_f64(1e20).unwrap()),
        "100000000000000000000"
    );
    assert_eq!(
        shown(Numeric::from_f64(1.0 / 3.0).unwrap()),
        "0.333333333333333"
    );
    assert_eq!(n("0.1").to_f64(), 0.1);
    assert_eq!(
        n("123456789012345678901234567890").to_f64(),
        123456789012345678901234567890.0
    );
}
