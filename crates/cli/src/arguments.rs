//! What was written behind `pagewalk`.

use engine::database::DatabaseOptions;

/// The arguments, read.
pub struct Arguments {
    /// Scripts in order; `-` is standard input.
    pub files: Vec<String>,
    /// `--json-lines`
    pub json_lines: bool,
    /// `--keep-going`
    pub keep_going: bool,
    /// How the database is made.
    pub options: DatabaseOptions,
}

/// Reads them, or says what is wrong.
pub fn read(given: &[String]) -> Result<Arguments, String> {
    let mut read = Arguments {
        files: Vec::new(),
        json_lines: false,
        keep_going: false,
        options: DatabaseOptions::default(),
    };
    let mut rest = given.iter();
    while let Some(word) = rest.next() {
        let mut number = || {
            let text = rest.next().ok_or(format!("{word} needs a number"))?;
            text.parse::<u32>()
                .map_err(|_| format!("{text} is not a number"))
        };
        match word.as_str() {
            "--json-lines" => read.json_lines = true,
            "--keep-going" => read.keep_going = true,
            "--page-size" => {
                let bytes = number()?;
                read.options.page_size = pages_size(bytes)
                    .ok_or(format!("{bytes} is not a power of two from 512 to 32768"))?;
            }
            "--buffer-pages" => read.options.buffer_pages = number()?,
            "-" => read.files.push(word.clone()),
            _ if word.starts_with('-') => return Err(format!("unknown option {word}")),
            _ => read.files.push(word.clone()),
        }
    }
    if read.files.is_empty() && !read.json_lines {
        return Err("nothing to run".to_owned());
    }
    Ok(read)
}

fn pages_size(bytes: u32) -> Option<engine::database::PageSize> {
    engine::database::PageSize::new(bytes)
}
