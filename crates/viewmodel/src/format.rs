//! Numbers as people read them. One place, so that the same figure looks the same everywhere.

/// "12,345"; fractions are rounded away.
#[must_use]
pub fn count(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0.0 && digits != "0" {
        grouped.push('−');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// "980", "12.3 k", "1 M": three significant digits at most.
#[must_use]
pub fn short_count(value: f64) -> String {
    let scaled = [(1e9, " G"), (1e6, " M"), (1e3, " k")]
        .into_iter()
        .find(|(unit, _)| value.abs() >= unit * 0.9995)
        .map(|(unit, suffix)| (value / unit, suffix));
    match scaled {
        None => count(value),
        Some((number, suffix)) => {
            let decimals = if number.abs() < 9.995 {
                2
            } else {
                usize::from(number.abs() < 99.95)
            };
            let text = format!("{number:.decimals$}");
            let text = if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.')
            } else {
                &text
            };
            format!("{text}{suffix}")
        }
    }
}

/// A cost as EXPLAIN prints it, with groups: "24,444.00"; beyond 100,000 without decimals.
#[must_use]
pub fn cost(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.abs() >= 100_000.0 {
        return count(value);
    }
    let text = format!("{value:.2}");
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole
        .parse::<f64>()
        .map_or_else(|_| whole.to_owned(), count);
    format!("{whole}.{decimals}")
}

/// "8.00 KB", "80.5 MB" (1 KB = 1,024 bytes, as PostgreSQL's `pg_size_pretty`).
#[must_use]
pub fn bytes(value: f64) -> String {
    let units = ["bytes", "KB", "MB", "GB", "TB"];
    let mut number = value;
    let mut unit = 0;
    while number >= 1024.0 && unit + 1 < units.len() {
        number /= 1024.0;
        unit += 1;
    }
    let decimals = if unit == 0 || number >= 100.0 { 0 } else { 1 };
    format!("{number:.decimals$} {}", units[unit])
}

/// Milliseconds: "0.04 ms", "12.3 ms", "1.24 s", "2 min 5 s".
#[must_use]
pub fn duration(milliseconds: f64) -> String {
    if milliseconds >= 120_000.0 {
        let seconds = (milliseconds / 1000.0).round();
        return format!(
            "{:.0} min {:.0} s",
            (seconds / 60.0).floor(),
            seconds % 60.0
        );
    }
    if milliseconds >= 1000.0 {
        return format!("{:.2} s", milliseconds / 1000.0);
    }
    let decimals = if milliseconds >= 100.0 {
        0
    } else if milliseconds >= 1.0 {
        1
    } else {
        2
    };
    format!("{milliseconds:.decimals$} ms")
}

/// A number of any size: "1,234", "0.0025", "5.31": whole, or four significant digits.
#[must_use]
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let whole = value.round();
    if (value - whole).abs() < 1e-9 * value.abs().max(1.0) || value.abs() >= 10_000.0 {
        return count(value);
    }
    let digits = value.abs().log10().floor().max(-12.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 15"
    )]
    let decimals = (3.0 - digits).clamp(0.0, 15.0) as usize;
    let text = format!("{:.decimals$}", value.abs());
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{text}")
}

/// A fraction in percent with as many digits as it needs: "35 %", "0.012 %".
#[must_use]
pub fn share(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if percent >= 9.95 || percent == 0.0 {
        return format!("{percent:.0} %");
    }
    let digits = percent.abs().log10().floor().max(-12.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 13"
    )]
    let decimals = (1.0 - digits).clamp(0.0, 13.0) as usize;
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} %")
}

/// A day, counted from 2000-01-01: "2021-07-15". Method: Howard Hinnant, "chrono-compatible low-level date algorithms".
#[must_use]
pub fn date(days: f64) -> String {
    if !days.is_finite() || days.abs() > 1e8 {
        return "–".to_owned();
    }
    // Days from 0000-03-01 to 2000-01-01.
    let days = days.floor() + 730_425.0;
    let era = (days / 146_097.0).floor();
    let of_era = days - era * 146_097.0;
    let year_of_era = ((of_era - (of_era / 1460.0).floor() + (of_era / 36_524.0).floor()
        - (of_era / 146_096.0).floor())
        / 365.0)
        .floor();
    let of_year = of_era
        - (365.0 * year_of_era + (year_of_era / 4.0).floor() - (year_of_era / 100.0).floor());
    let shifted = ((5.0 * of_year + 2.0) / 153.0).floor();
    let day = of_year - ((153.0 * shifted + 2.0) / 5.0).floor() + 1.0;
    let month = if shifted < 10.0 {
        shifted + 3.0
    } else {
        shifted - 9.0
    };
    let year = year_of_era + era * 400.0 + if month <= 2.0 { 1.0 } else { 0.0 };
    format!("{year:04.0}-{month:02.0}-{day:02.0}")
}

/// A fraction as "82 %"; tiny ones as "< 1 %".
#[must_use]
pub fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if percent > 0.0 && percent < 1.0 {
        "< 1 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
}

/// How many times: "464", "3.2", "1.04".
#[must_use]
pub fn factor(value: f64) -> String {
    if value >= 99.5 {
        count(value)
    } else if value >= 9.95 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

/// "1 row", "20 rows".
#[must_use]
pub fn counted(value: f64, singular: &str) -> String {
    let plural = if count(value) == "1" { "" } else { "s" };
    format!("{} {singular}{plural}", count(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!(count(0.0), "0");
        assert_eq!(count(999.0), "999");
        assert_eq!(count(1_000_000.0), "1,000,000");
        assert_eq!(count(-1234.0), "−1,234");
    }

    #[test]
    fn short_counts_keep_three_digits() {
        assert_eq!(short_count(980.0), "980");
        assert_eq!(short_count(100_000.0), "100 k");
        assert_eq!(short_count(12_345.0), "12.3 k");
        assert_eq!(short_count(999_950.0), "1 M");
    }

    #[test]
    fn costs_keep_two_decimals_below_a_hundred_thousand() {
        assert_eq!(cost(8.44), "8.44");
        assert_eq!(cost(24_444.0), "24,444.00");
        assert_eq!(cost(1_234_567.8), "1,234,568");
    }

    #[test]
    fn numbers_keep_four_significant_digits() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(0.0025), "0.0025");
        assert_eq!(number(5.314_7), "5.315");
        assert_eq!(number(-0.5), "−0.5");
        assert_eq!(number(1_000_000.0), "1,000,000");
    }

    #[test]
    fn shares_keep_two_significant_digits() {
        assert_eq!(share(0.35), "35 %");
        assert_eq!(share(0.01), "1 %");
        assert_eq!(share(0.000_123), "0.012 %");
        assert_eq!(share(1.0), "100 %");
    }

    #[test]
    fn days_are_counted_from_the_year_2000() {
        assert_eq!(date(0.0), "2000-01-01");
        assert_eq!(date(59.0), "2000-02-29");
        assert_eq!(date(7866.0), "2021-07-15");
        assert_eq!(date(-1.0), "1999-12-31");
    }

    #[test]
    fn sizes_and_times_change_units() {
        assert_eq!(bytes(8192.0), "8.0 KB");
        assert_eq!(bytes(84_459_520.0), "80.5 MB");
        assert_eq!(duration(0.042), "0.04 ms");
        assert_eq!(duration(1240.0), "1.24 s");
        assert_eq!(duration(125_000.0), "2 min 5 s");
    }

    #[test]
    fn a_fraction_below_one_percent_is_not_nothing() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.002), "< 1 %");
        assert_eq!(percent(0.82), "82 %");
    }
}
