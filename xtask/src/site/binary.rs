//! The binary form of WebAssembly, as far as the build reads or changes it itself.

use anyhow::{Context, Result, bail};
use std::ops::Range;

/// Numbers of sections.
pub const CUSTOM: u8 = 0;
/// See [`CUSTOM`].
pub const IMPORT: u8 = 2;
/// See [`CUSTOM`].
pub const CODE: u8 = 10;

/// A section of a file.
#[derive(Debug)]
pub struct Section {
    pub kind: u8,
    /// Where the section is in the file, with its kind and size.
    pub place: Range<usize>,
    /// Where its content is in the file.
    pub content: Range<usize>,
}

/// All sections of a file.
pub fn sections(wasm: &[u8]) -> Result<Vec<Section>> {
    // After the magic number and the version.
    let mut reader = Reader::new(wasm, 8..wasm.len());
    let mut sections = Vec::new();
    while !reader.is_at_end() {
        let start = reader.position;
        let kind = reader.byte()?;
        let content = reader.range()?;
        sections.push(Section {
            kind,
            place: start..content.end,
            content,
        });
    }
    Ok(sections)
}

/// The first section of a kind, if there is one.
pub fn section(sections: &[Section], kind: u8) -> Option<&Section> {
    sections.iter().find(|section| section.kind == kind)
}

/// The content of the custom section with this name after the name, if there is one.
pub fn custom<'a>(
    wasm: &[u8],
    sections: &'a [Section],
    name: &str,
) -> Result<Option<(&'a Section, Range<usize>)>> {
    for section in sections.iter().filter(|section| section.kind == CUSTOM) {
        let mut reader = Reader::new(wasm, section.content.clone());
        let found = reader.range()?;
        if wasm.get(found) == Some(name.as_bytes()) {
            return Ok(Some((section, reader.position..section.content.end)));
        }
    }
    Ok(None)
}

/// Where the bodies of the functions of a file are.
pub fn bodies(wasm: &[u8], sections: &[Section]) -> Result<Vec<Range<usize>>> {
    let Some(code) = section(sections, CODE) else {
        return Ok(Vec::new());
    };
    let mut reader = Reader::new(wasm, code.content.clone());
    let count = reader.number()?;
    (0..count).map(|_| reader.range()).collect()
}

/// How many functions a file imports. Their numbers come before those of its own.
pub fn imported_functions(wasm: &[u8], sections: &[Section]) -> Result<usize> {
    let Some(imports) = section(sections, IMPORT) else {
        return Ok(0);
    };
    let mut reader = Reader::new(wasm, imports.content.clone());
    let mut functions = 0;
    for _ in 0..reader.number()? {
        reader.range()?;
        reader.range()?;
        match reader.byte()? {
            0 => {
                reader.number()?;
                functions += 1;
            }
            1 => {
                reader.byte()?;
                reader.limits()?;
            }
            2 => reader.limits()?,
            3 => {
                reader.byte()?;
                reader.byte()?;
            }
            4 => {
                reader.byte()?;
                reader.number()?;
            }
            kind => bail!("an import has the unknown kind {kind}"),
        }
    }
    Ok(functions)
}

/// Reads a part of a file.
pub struct Reader<'a> {
    wasm: &'a [u8],
    /// What is read next.
    pub position: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    pub fn new(wasm: &'a [u8], part: Range<usize>) -> Self {
        Self {
            wasm,
            position: part.start,
            end: part.end,
        }
    }

    pub fn is_at_end(&self) -> bool {
        self.position >= self.end
    }

    pub fn byte(&mut self) -> Result<u8> {
        let byte = self.wasm[..self.end].get(self.position);
        let byte = byte.context("the wasm ends too soon")?;
        self.position += 1;
        Ok(*byte)
    }

    /// A number (LEB128). A negative one can be skipped with this, too.
    pub fn number(&mut self) -> Result<usize> {
        let mut value = 0_u64;
        for shift in (0..).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Ok(usize::try_from(value)?)
    }

    /// What follows its size: a section, a body, a name.
    pub fn range(&mut self) -> Result<Range<usize>> {
        let size = self.number()?;
        let start = self.position;
        let end = start.checked_add(size).filter(|end| *end <= self.end);
        self.position = end.context("the wasm ends too soon")?;
        Ok(start..self.position)
    }

    fn limits(&mut self) -> Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.number()?;
        if has_maximum {
            self.number()?;
        }
        Ok(())
    }
}

/// Writes a number (LEB128).
pub fn write_number(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Writes a custom section.
pub fn write_custom(out: &mut Vec<u8>, name: &str, content: &[u8]) {
    let mut section = Vec::with_capacity(name.len() + content.len() + 1);
    write_number(&mut section, name.len());
    section.extend(name.as_bytes());
    section.extend(content);
    out.push(CUSTOM);
    write_number(out, section.len());
    out.extend(section);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that imports a memory, a table and a function, and has two functions and a custom section.
    fn file() -> Vec<u8> {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.extend([2, 19, 3]);
        wasm.extend([1, b'a', 1, b'm', 2, 0, 1]);
        wasm.extend([0, 0, 1, 0x70, 1, 0, 9]);
        wasm.extend([0, 0, 0, 7]);
        wasm.extend([10, 7, 2, 2, 0, 11, 2, 0, 11]);
        write_custom(&mut wasm, "extra", &[7; 200]);
        wasm
    }

    #[test]
    fn sections_and_functions_are_found() {
        let wasm = file();
        let sections = sections(&wasm).expect("complete");
        let kinds: Vec<_> = sections.iter().map(|section| section.kind).collect();
        assert_eq!(kinds, [IMPORT, CODE, CUSTOM]);
        assert_eq!(imported_functions(&wasm, &sections).expect("imports"), 1);
        let bodies = bodies(&wasm, &sections).expect("bodies");
        let bodies: Vec<_> = bodies.into_iter().map(|body| &wasm[body]).collect();
        assert_eq!(bodies, [[0, 11], [0, 11]]);
        let (section, content) = custom(&wasm, &sections, "extra")
            .expect("name")
            .expect("there");
        assert_eq!(section.place.end, wasm.len());
        assert_eq!(wasm[content], [7; 200]);
        assert!(custom(&wasm, &sections, "none").expect("names").is_none());
    }

    #[test]
    fn a_file_that_ends_too_soon_is_refused() {
        let wasm = file();
        assert!(sections(&wasm[..wasm.len() - 1]).is_err());
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for number in [0, 1, 127, 128, 300, 70_000] {
            let mut bytes = Vec::new();
            write_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes, 0..bytes.len());
            assert_eq!(reader.number().expect("a number"), number);
            assert!(reader.is_at_end());
        }
    }
}
