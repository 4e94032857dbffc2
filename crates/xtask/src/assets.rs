//! The files of the site, each under a name that changes with its content.
//!
//! A hashed name may be cached for ever, and page and worker of two builds never meet. Files are added in the
//! order of their references: whoever names another file as `./name` comes after it, and gets the hashed name
//! written in its place. Names stay relative, so the site works from any folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A file of the site.
pub struct Asset {
    /// Its path in the site.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The site under construction: plain name → file.
#[derive(Default)]
pub struct Assets {
    files: BTreeMap<String, Asset>,
}

/// Whether a file's name may change with its content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `name-HASH.ext`, for everything that only our own files refer to.
    Hashed,
    /// As it is, for what people and other sites refer to.
    Stable,
}

impl Assets {
    /// Adds a text file, with its references to files added before rewritten.
    pub fn add_text(&mut self, name: &str, naming: Naming, text: &str) {
        let mut text = text.to_owned();
        for (plain, asset) in &self.files {
            for quote in ['"', '\''] {
                text = text.replace(
                    &format!("{quote}./{plain}{quote}"),
                    &format!("{quote}./{}{quote}", asset.path),
                );
            }
        }
        self.add(name, naming, text.into_bytes());
    }

    /// Adds a file as it is.
    pub fn add(&mut self, name: &str, naming: Naming, bytes: Vec<u8>) {
        let path = match (naming, name.rsplit_once('.')) {
            (Naming::Hashed, Some((stem, extension))) => {
                format!("{stem}-{:016x}.{extension}", hash(&bytes))
            }
            _ => name.to_owned(),
        };
        self.files.insert(name.to_owned(), Asset { path, bytes });
    }

    /// The file added under a plain name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        self.files.get(name)
    }

    /// Writes the site into a folder, which is emptied first.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        for asset in self.files.values() {
            let file = folder.join(&asset.path);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("cannot make {}", parent.display()))?;
            }
            fs::write(&file, &asset.bytes)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}

/// FNV-1a, 64 bits: names need to differ, not to withstand an attacker.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_follows_the_hashed_name() {
        let mut assets = Assets::default();
        assets.add("a.wasm", Naming::Hashed, vec![1, 2, 3]);
        assets.add_text(
            "b.js",
            Naming::Stable,
            "import './a.wasm'; import \"./other.js\"",
        );
        let hashed = assets
            .get("a.wasm")
            .map(|asset| asset.path.clone())
            .unwrap_or_default();
        let text = assets
            .get("b.js")
            .map(|asset| asset.bytes.clone())
            .unwrap_or_default();
        assert_ne!(hashed, "a.wasm");
        assert_eq!(
            String::from_utf8_lossy(&text),
            format!("import './{hashed}'; import \"./other.js\"")
        );
    }

    #[test]
    fn other_content_gets_another_name() {
        assert_ne!(hash(b"one"), hash(b"two"));
    }
}
