//! Puts together what several parts share. The split makes a file for each set of parts that share something: hundreds of
//! small ones. Here a few files are made of them.

use super::{
    Folders,
    groups::{Piece, Weights, content_size, grouped, pages_of},
    names::{LINK, MAIN, STYLE, STYLED},
    split::Split,
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Output},
};

/// The part whose shared code is in the main part: nearly all pages need it, and one large file compresses better than
/// several.
const FIRST: &str = "subscriber";
/// How the names of the files begin that several parts share.
const SHARED: &str = "chunk_";
/// The module from which parts import what the main part has, and a name of the same length.
const HOST: &str = "__wasm_split";
const RENAMED: &str = "__wasm_base_";

/// Features that the compiler may use. The optimiser has the same list (`optimise.mjs`).
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Puts shared files together, and writes the script that loads parts anew. Returns the files that belong to the main part.
pub fn put_together(folders: &Folders, out: &Path, split: &mut Split) -> Result<Vec<String>> {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (part, files) in &split.parts {
        for file in files {
            users.entry(file).or_default().insert(part);
        }
    }
    let (common, others): (Vec<_>, Vec<_>) = users
        .iter()
        .partition(|(file, users)| file.starts_with(SHARED) && users.contains(FIRST));
    let common: Vec<String> = common
        .into_iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    let mut pieces = Vec::new();
    for (file, users) in others {
        pieces.push(Piece {
            pages: pages_of(users),
            bytes: content_size(&fs::read(out.join(file))?)?,
            files: vec![*file],
        });
    }
    let groups: BTreeMap<String, Vec<&str>> = grouped(pieces, &Weights::of_pages())
        .into_iter()
        .enumerate()
        .map(|(number, piece)| (name_of(number, &piece.files), piece.files))
        .collect();
    let host = host(folders, out, &split.files)?;
    for (name, files) in &groups {
        merge(folders, out, &host, files, name)?;
    }
    // What belongs to the main part is in no group.
    let group_of = |file: &String| {
        let mut groups = groups.iter();
        let group = groups.find(|(_, files)| files.contains(&file.as_str()));
        group.map(|(name, _)| name.clone())
    };
    let parts: BTreeMap<String, Vec<String>> = split
        .parts
        .iter()
        .map(|(part, files)| {
            let mut files: BTreeSet<String> = files.iter().filter_map(group_of).collect();
            if STYLED.contains(&part.as_str()) {
                files.insert(STYLE.to_owned());
            }
            (part.clone(), files.into_iter().collect())
        })
        .collect();
    let files: BTreeSet<String> = split.files.iter().filter_map(group_of).collect();
    write_link(out, &files, &parts)?;
    split.files = files.into_iter().collect();
    split.parts = parts;
    Ok(common)
}

/// The name of a group of files. The one that only one part needs gives it its name: the others of its group belong to the
/// same pages.
fn name_of(number: usize, files: &[&str]) -> String {
    let own = files.iter().find(|file| !file.starts_with(SHARED));
    own.map_or_else(|| format!("shared_{number}.wasm"), |own| (*own).to_owned())
}

/// Adds files to the main part, which has its bindings.
pub fn add_to_main(folders: &Folders, out: &Path, files: &[String]) -> Result<()> {
    let main = out.join(MAIN);
    binaryen(folders, "wasm-merge", |command| {
        command.arg(&main).arg(HOST);
        for file in files {
            command.arg(out.join(file)).arg(file);
        }
        command.arg("--output").arg(&main)
    })?;
    Ok(())
}

/// A module that only passes on what parts import, so that merged parts import it once.
fn host(folders: &Folders, out: &Path, files: &[String]) -> Result<String> {
    let some = files.iter().find(|file| !file.starts_with(SHARED));
    let some = some.context("there are no parts")?;
    let text = binaryen(folders, "wasm-dis", |command| command.arg(out.join(some)))?;
    let text = String::from_utf8(text.stdout)?;
    let start = format!("(import \"{HOST}\" \"");
    let mut imports = String::new();
    let mut exports = String::new();
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with(&start))
    {
        imports += &line.replace(HOST, RENAMED);
        let name = line.split('"').nth(3).context("an import has a name")?;
        let mut kinds = ["memory", "table", "global"].into_iter();
        let kind = kinds.find(|kind| line.contains(&format!("({kind} ")));
        let kind = kind.with_context(|| format!("parts import an unknown thing: {line}"))?;
        // There is one of each kind.
        exports += &format!("(export \"{name}\" ({kind} 0))");
    }
    let wat = out.join("host.wat");
    fs::write(&wat, format!("(module {imports} {exports})"))?;
    let host = out.join("host.wasm");
    binaryen(folders, "wasm-as", |command| {
        command.arg(&wat).arg("--output").arg(&host)
    })?;
    Ok(host.to_string_lossy().into_owned())
}

/// Merges files into one.
fn merge(folders: &Folders, out: &Path, host: &str, files: &[&str], name: &str) -> Result<()> {
    let merged = out.join(name);
    binaryen(folders, "wasm-merge", |command| {
        command.args([host, HOST]);
        for file in files {
            command.arg(out.join(file)).arg(file);
        }
        command.arg("--output").arg(&merged)
    })?;
    let mut bytes = fs::read(&merged)?;
    let starts: Vec<usize> = bytes
        .windows(RENAMED.len())
        .enumerate()
        .filter(|(_, part)| *part == RENAMED.as_bytes())
        .map(|(start, _)| start)
        .collect();
    for start in starts {
        bytes[start..start + HOST.len()].copy_from_slice(HOST.as_bytes());
    }
    fs::write(&merged, bytes)?;
    Ok(())
}

fn binaryen(
    folders: &Folders,
    tool: &str,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<Output> {
    let path = folders.node_modules.join(".bin").join(tool);
    let mut command = Command::new(&path);
    let output = arguments(command.args(FEATURES)).output();
    let output =
        output.with_context(|| format!("starting {}: run `make setup`", path.display()))?;
    ensure!(
        output.status.success(),
        "{tool} fails: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output)
}

/// Loads the style. The document of a page that needs it at once has it already.
const LOAD_STYLE: &str = "const VARIABLE = makeLoad(() => {
    const { href } = new URL(\"./FILE\", import.meta.url);
    const links = [...document.querySelectorAll(\"link[rel=stylesheet]\")];
    if (links.some((link) => link.href === href)) return () => {};
    const link = Object.assign(document.createElement(\"link\"), { rel: \"stylesheet\", href });
    const loaded = new Promise((done, failed) => {
        link.onload = done;
        link.onerror = () => {
            link.remove();
            failed(new Error(href));
        };
    });
    loaded.catch(() => {});
    document.head.append(link);
    return () => loaded;
}, []);\n";

/// Writes the script that loads parts. The functions of the one that the split has made stay, and its list of files is
/// replaced.
fn write_link(
    out: &Path,
    files: &BTreeSet<String>,
    parts: &BTreeMap<String, Vec<String>>,
) -> Result<()> {
    let path = out.join(LINK);
    let made = fs::read_to_string(&path)?;
    let functions = ["\n/* ", "\nconst __chunk_", "\nexport "];
    let end = functions.iter().filter_map(|start| made.find(start)).min();
    let end = end.context("the script that loads parts has no list")?;
    let mut script = made[..end].to_owned();
    script += "\nconst load = (file) => makeLoad(() => {
    const response = fetch(file);
    response.catch(() => {});
    return (imports) => WebAssembly.instantiateStreaming(response, imports);
}, []);\n";
    let variable = |file: &str| file.replace('.', "_");
    script += &LOAD_STYLE
        .replace("VARIABLE", &variable(STYLE))
        .replace("FILE", STYLE);
    for file in files {
        script += &format!(
            "const {} = load(new URL(\"./{file}\", import.meta.url));\n",
            variable(file)
        );
    }
    for (part, files) in parts {
        let files: Vec<String> = files.iter().map(|file| variable(file)).collect();
        script += &format!(
            "export const __wasm_split_load_{part} = wrapAsyncCb(makeLoad(() => () => {{}}, [{}]));\n",
            files.join(", ")
        );
    }
    fs::write(&path, script)?;
    Ok(())
}
