//! `cargo xtask dist`: the static site for publishing, and what it weighs.
//!
//! Everything that a screen loads is listed and summed, and a screen over its budget fails the build: a page that
//! starts on a phone does not grow by accident.

use std::fs;
use std::io::Write;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::assets::Assets;
use crate::paths;
use crate::site::{self, Build};

/// Brotli bytes that a screen may load before it is complete: a little above what it loads, so that growth is a decision. The goal is
/// 600,000 for the first screen and 450,000 for the frame; the engine is what stands in the way.
const FIRST_SCREEN_BUDGET: usize = 1_180_000;
const EMBED_BUDGET: usize = 1_180_000;
/// Brotli bytes of the engine's wasm alone; the goal is 250,000.
const ENGINE_BUDGET: usize = 796_000;

const ENGINE: &str = "worker.wasm";

/// One way into the site: what it loads, and how much that may be.
struct Screen {
    title: &'static str,
    /// Its list of files, for the end-to-end tests: a request that is not listed here was not counted.
    list: &'static str,
    budget: usize,
    files: &'static [&'static str],
}

/// Only screens whose page exists are counted.
const SCREENS: [Screen; 2] = [
    Screen {
        title: "first screen",
        list: "first-screen.json",
        budget: FIRST_SCREEN_BUDGET,
        files: &[
            "index.html",
            "icon.svg",
            "style.css",
            "boot.js",
            "page.js",
            "page.wasm",
            "worker-boot.js",
            "worker.js",
            "worker.wasm",
            "editor.js",
            "editor-chunk.js",
            "editor-language.js",
        ],
    },
    Screen {
        title: "embed",
        list: "embed.json",
        budget: EMBED_BUDGET,
        files: &[
            "embed.html",
            "icon.svg",
            "style.css",
            "boot.js",
            "page.js",
            "page.wasm",
            "worker-boot.js",
            "worker.js",
            "worker.wasm",
            "editor.js",
            "editor-chunk.js",
            "editor-language.js",
        ],
    },
];

/// Writes the site to `target/dist/`, prints what it weighs, and fails over budget.
pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(word) = arguments.first() {
        bail!("dist takes no arguments, not {word:?}");
    }
    let site = site::build(Build::Release)?;
    site.write(&paths::dist())?;
    weigh(&site)
}

#[derive(Clone, Copy, Default)]
struct Weight {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

fn weigh(site: &Assets) -> Result<()> {
    let mut over = Vec::new();
    let mut known: Vec<(&str, Weight)> = Vec::new();
    for screen in SCREENS {
        let Some(entry) = screen.files.first() else {
            continue;
        };
        if site.get(entry).is_none() {
            continue;
        }
        println!(
            "\n{:<40} {:>10} {:>10} {:>10}",
            screen.title, "raw", "gzip", "brotli"
        );
        let mut sum = Weight::default();
        let mut listed = Vec::new();
        for &name in screen.files {
            let Some(asset) = site.get(name) else {
                bail!(
                    "{} counts {name}, which the site does not have",
                    screen.title
                );
            };
            let weight = match known.iter().find(|(of, _)| *of == name) {
                Some((_, weight)) => *weight,
                None => compress(&asset.bytes)?,
            };
            known.push((name, weight));
            row(&asset.path, weight);
            sum = Weight {
                raw: sum.raw + weight.raw,
                gzip: sum.gzip + weight.gzip,
                brotli: sum.brotli + weight.brotli,
            };
            listed.push(asset.path.clone());
            if name == ENGINE && weight.brotli > ENGINE_BUDGET {
                over.push(format!(
                    "the engine weighs {} of {ENGINE_BUDGET} bytes",
                    weight.brotli
                ));
            }
        }
        row("sum", sum);
        if sum.brotli > screen.budget {
            over.push(format!(
                "{} weighs {} of {} bytes",
                screen.title, sum.brotli, screen.budget
            ));
        } else {
            println!("{} of {} bytes of the budget", sum.brotli, screen.budget);
        }
        let list = paths::target().join("xtask").join(screen.list);
        fs::write(&list, serde_json::to_vec(&listed)?)
            .with_context(|| format!("cannot write {}", list.display()))?;
    }
    if !over.is_empty() {
        over.dedup();
        bail!("over budget: {}", over.join("; "));
    }
    Ok(())
}

fn row(name: &str, weight: Weight) {
    println!(
        "{name:<40} {:>10} {:>10} {:>10}",
        weight.raw, weight.gzip, weight.brotli
    );
}

/// Weighs a file as a static host would send it: both at their highest level.
fn compress(bytes: &[u8]) -> Result<Weight> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    let mut brotli = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &*bytes, &mut brotli, &parameters)?;
    Ok(Weight {
        raw: bytes.len(),
        gzip: gzip.finish()?.len(),
        brotli: brotli.len(),
    })
}
