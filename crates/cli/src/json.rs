//! As much JSON as the machine's shell needs: one string out of an object, and strings written.

/// The value of the member `sql` of a JSON object; the text says what is wrong otherwise.
pub fn read_sql(line: &str) -> Result<String, String> {
    let mut reader = Reader {
        chars: line.chars().peekable(),
    };
    reader.blanks();
    reader.expect('{')?;
    let mut sql = None;
    reader.blanks();
    if reader.chars.peek() == Some(&'}') {
        return Err("the object has no member \"sql\"".to_owned());
    }
    loop {
        reader.blanks();
        let name = reader.string()?;
        reader.blanks();
        reader.expect(':')?;
        reader.blanks();
        if name == "sql" {
            sql = Some(reader.string()?);
        } else {
            reader.skip()?;
        }
        reader.blanks();
        match reader.chars.next() {
            Some(',') => {}
            Some('}') => break,
            _ => return Err("expected , or }".to_owned()),
        }
    }
    sql.ok_or_else(|| "the object has no member \"sql\"".to_owned())
}

struct Reader<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        while self.chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
    }

    fn expect(&mut self, wanted: char) -> Result<(), String> {
        match self.chars.next() {
            Some(found) if found == wanted => Ok(()),
            _ => Err(format!("expected {wanted}")),
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut out = String::new();
        loop {
            match self.chars.next().ok_or("a string has no end")? {
                '"' => return Ok(out),
                '\\' => match self.chars.next().ok_or("a string has no end")? {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    'b' => out.push('\u{8}'),
                    'f' => out.push('\u{c}'),
                    'u' => out.push(self.escaped()?),
                    c @ ('"' | '\\' | '/') => out.push(c),
                    c => return Err(format!("\\{c} is no escape")),
                },
                c => out.push(c),
            }
        }
    }

    fn unit(&mut self) -> Result<u32, String> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.chars.next().and_then(|c| c.to_digit(16));
            unit = unit * 16 + digit.ok_or("\\u needs four hexadecimal digits")?;
        }
        Ok(unit)
    }

    fn escaped(&mut self) -> Result<char, String> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).ok_or_else(|| "half a character".to_owned());
        }
        self.expect('\\')?;
        self.expect('u')?;
        let second = self.unit()?;
        let low = second
            .checked_sub(0xdc00)
            .filter(|low| *low < 0x400)
            .ok_or("half a character")?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
            .ok_or_else(|| "half a character".to_owned())
    }

    /// Steps over a value that is not asked for. Nesting is counted, not recursed into.
    fn skip(&mut self) -> Result<(), String> {
        let mut depth = 0u32;
        loop {
            match self.chars.peek().copied().ok_or("the object has no end")? {
                '"' => {
                    self.string()?;
                }
                '{' | '[' => {
                    depth += 1;
                    self.chars.next();
                }
                '}' | ']' | ',' if depth == 0 => return Ok(()),
                '}' | ']' => {
                    depth -= 1;
                    self.chars.next();
                }
                _ => {
                    self.chars.next();
                }
            }
        }
    }
}

/// Appends a string in quotes.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_other_members_are_read() {
        let line = r#" {"id": [1, {"a": "]"}], "sql": "select '\u00e9\ud83d\ude00\n\"'"} "#;
        assert_eq!(read_sql(line).unwrap(), "select 'é😀\n\"'");
        assert!(read_sql("{}").is_err());
        assert!(read_sql(r#"{"sql": 1}"#).is_err());
    }
}
