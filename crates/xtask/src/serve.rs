//! `cargo xtask serve`: a small web server for one folder, on the loopback.
//!
//! It sends what a careful static host would: right types, our Content-Security-Policy, and an
//! `Access-Control-Allow-Origin` for frames without an origin of their own. It knows no ranges and no
//! compression; on the loopback neither pays.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::paths;
use crate::site::{self, Build};

const DEFAULT_PORT: u16 = 8080;
/// How many ports after the default one to try.
const PORTS_TO_TRY: u16 = 50;

/// Everything works under it; the end-to-end tests run with it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; base-uri 'none'";

/// Builds the site and serves it until stopped.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut port = None;
    let mut build = Build::Serve;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--port" => {
                let number = words.next().and_then(|number| number.parse::<u16>().ok());
                port = Some(number.context("--port wants a number up to 65535")?);
            }
            "--release" => build = Build::Release,
            other => bail!("serve knows --port N and --release, not {other:?}"),
        }
    }
    // Before the build, so that a taken port is not found out after minutes.
    let listener = listen(port)?;
    let folder = paths::target().join("serve");
    site::build(build)?.write(&folder)?;
    println!("Pagewalk is at http://{}/", listener.local_addr()?);
    serve(
        &listener,
        Site {
            folder,
            prefix: "/".into(),
        },
    )
}

/// What is served: a folder, and the path under which it appears.
pub struct Site {
    /// The folder.
    pub folder: PathBuf,
    /// Begins and ends with a slash.
    pub prefix: String,
}

/// Serves the site on a free port, on a thread of its own. Returns its address.
pub fn in_background(site: Site) -> Result<String> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on the loopback")?;
    let address = format!("http://{}{}", listener.local_addr()?, site.prefix);
    thread::spawn(move || serve(&listener, site));
    Ok(address)
}

fn listen(port: Option<u16>) -> Result<TcpListener> {
    if let Some(port) = port {
        return TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("port {port} is taken"));
    }
    (DEFAULT_PORT..DEFAULT_PORT + PORTS_TO_TRY)
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok())
        .with_context(|| format!("no port from {DEFAULT_PORT} on is free; give one with --port"))
}

fn serve(listener: &TcpListener, site: Site) -> Result<()> {
    let site = Arc::new(site);
    for stream in listener.incoming() {
        let site = Arc::clone(&site);
        // A browser that hangs up early is none of our business.
        thread::spawn(move || stream.map(|stream| answer(stream, &site)));
    }
    Ok(())
}

fn answer(mut stream: TcpStream, site: &Site) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = String::new();
    let mut reader = BufReader::new((&stream).take(64 * 1024));
    reader.read_line(&mut request)?;
    // The headers say nothing that changes the answer, but an unread request makes a closed socket a reset one.
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let mut words = request.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (status, kind, body) = match (method, file_for(site, target)) {
        ("GET" | "HEAD", Some(file)) => ("200 OK", media_type(&file), fs::read(&file)?),
        ("GET" | "HEAD", None) => (
            "404 Not Found",
            "text/plain; charset=utf-8",
            b"not found\n".to_vec(),
        ),
        _ => (
            "405 Method Not Allowed",
            "text/plain; charset=utf-8",
            b"only GET\n".to_vec(),
        ),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: {CONTENT_SECURITY_POLICY}\r\n\
         Access-Control-Allow-Origin: *\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    if method == "GET" {
        stream.write_all(&body)?;
    }
    stream.flush()
}

/// The file that a request's target names, if it is one of the site's.
fn file_for(site: &Site, target: &str) -> Option<PathBuf> {
    let path = target
        .split(['?', '#'])
        .next()?
        .strip_prefix(site.prefix.as_str())?;
    // Our names are plain; anything that climbs or is escaped is not ours.
    if path.starts_with('/')
        || path.split('/').any(|part| part == "..")
        || path.contains(['%', '\\', '\0'])
    {
        return None;
    }
    let mut file = site.folder.join(path);
    if file.is_dir() {
        file.push("index.html");
    }
    file.is_file().then_some(file)
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("md" | "txt" | "sql" | "csv") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_climbs_out_names_no_file() {
        let site = Site {
            folder: paths::root().join("crates"),
            prefix: "/sub/".into(),
        };
        assert!(file_for(&site, "/sub/xtask/Cargo.toml?x").is_some());
        assert!(file_for(&site, "/sub/../Cargo.toml").is_none());
        assert!(file_for(&site, "/sub//etc/passwd").is_none());
        assert!(file_for(&site, "/xtask/Cargo.toml").is_none());
    }
}
