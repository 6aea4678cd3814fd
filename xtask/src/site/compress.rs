//! Compresses files with brotli and gzip at build time, so that the server does not have to.

use anyhow::{Context, Result};
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use flate2::{Compression, write::GzEncoder};
use serde::{Deserialize, Serialize};
use std::{ffi::OsString, fs, io::Write, path::Path};

/// The size of a file in each encoding, in bytes. An encoding that is not smaller is not stored, and has the size of
/// the file.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Sizes {
    pub raw: usize,
    pub gzip: usize,
    pub brotli: usize,
}

/// Writes the file, and `.br` and `.gz` beside it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<Sizes> {
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?;
    Ok(Sizes {
        raw: bytes.len(),
        gzip: keep_if_smaller(path, ".gz", bytes.len(), &gzip(bytes)?)?,
        brotli: keep_if_smaller(path, ".br", bytes.len(), &brotli(bytes)?)?,
    })
}

fn keep_if_smaller(path: &Path, suffix: &str, raw: usize, packed: &[u8]) -> Result<usize> {
    if packed.len() >= raw {
        return Ok(raw);
    }
    let mut beside = OsString::from(path);
    beside.push(suffix);
    fs::write(&beside, packed).with_context(|| format!("writing {}", beside.display()))?;
    Ok(packed.len())
}

/// The bytes, compressed.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut encoder = CompressorWriter::with_params(Vec::new(), 4096, &parameters);
    encoder.write_all(bytes)?;
    Ok(encoder.into_inner())
}
