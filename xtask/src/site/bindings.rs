//! The bindings between the wasm and JavaScript, made small: short names, and nothing that the pages do not use.

use super::names::{BINDINGS, LINK, MAIN};
use anyhow::{Context, Result, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};
use walrus::{ConstExpr, ElementItems, ElementKind, Module};
use wasm_bindgen_cli_support::Bindgen;

/// The module of the bindings' functions, as wasm-bindgen names it, and as the main part imports it here.
const FUNCTIONS: (&str, &str) = ("./app_bg.js", "a");
/// What exports of the crate wasm-streams begin with. It comes with Leptos for server functions, and these pages have none.
const UNUSED: [&str; 2] = ["intounderlying", "__wbg_intounderlying"];
/// What the mangled names of Rust begin with.
const MANGLED: &str = "_ZN";

/// Binds the main part: makes its wasm and the script of its bindings in `out`.
///
/// wasm-bindgen is used as a library, so that its version is always the one in Cargo.lock.
pub fn bind(main: &Path, out: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(main).out_name("app").web(true)?;
    // Parts refer to what the linker exports.
    bindgen.keep_lld_exports(true).demangle(false);
    bindgen.remove_name_section(true);
    bindgen.remove_producers_section(true);
    let made = bindgen.typescript(false).generate_output();
    let mut made = made.context("making the bindings")?;
    remove_unused_exports(made.wasm_mut());
    remove_empty_elements(made.wasm_mut());
    let imports = shorten_imports(made.wasm_mut());
    let exports = shorten_exports(made.wasm_mut());
    made.emit(out)?;
    if out.join("snippets").exists() {
        bail!(
            "a dependency brings a script of its own, which this build can't name by its content"
        );
    }
    let path = out.join(BINDINGS);
    let script = with_short_names(&fs::read_to_string(&path)?, &imports, &exports);
    fs::write(&path, script)?;
    Ok(())
}

/// Removes functions from the bindings that the optimised main part does not import any more.
pub fn remove_unused(out: &Path, wasm: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    let main = wasm.get(MAIN).context("there is no main part")?;
    let main = Module::from_buffer(main).context("reading the main part")?;
    let imports = main.imports.iter();
    let used: BTreeSet<&str> = imports.map(|import| import.name.as_str()).collect();
    let path = out.join(BINDINGS);
    let script = with_functions(&fs::read_to_string(&path)?, &used);
    fs::write(&path, script)?;
    Ok(())
}

fn remove_unused_exports(wasm: &mut Module) {
    let exports = wasm.exports.iter();
    let unused: Vec<_> = exports
        .filter(|export| UNUSED.iter().any(|start| export.name.starts_with(start)))
        .map(walrus::Export::id)
        .collect();
    for export in unused {
        wasm.exports.delete(export);
    }
}

/// Removes null from the table: it is there from the beginning.
fn remove_empty_elements(wasm: &mut Module) {
    let is_null = |item: &ConstExpr| matches!(item, ConstExpr::RefNull(_));
    let empty: Vec<_> = wasm
        .elements
        .iter()
        .filter_map(|element| {
            let ElementKind::Active { table, .. } = element.kind else {
                return None;
            };
            let empty = match &element.items {
                ElementItems::Functions(functions) => functions.is_empty(),
                ElementItems::Expressions(_, items) => items.iter().all(is_null),
            };
            empty.then_some((table, element.id()))
        })
        .collect();
    for (table, element) in empty {
        wasm.tables.get_mut(table).elem_segments.remove(&element);
        wasm.elements.delete(element);
    }
}

/// New names by old names.
type Names = BTreeMap<String, String>;

/// The names that wasm-bindgen gives have hashes, which can't be compressed.
fn shorten_imports(wasm: &mut Module) -> Names {
    let mut names = Names::new();
    for import in wasm.imports.iter_mut() {
        if import.module == FUNCTIONS.0 {
            let short = short_name(names.len());
            let old = std::mem::replace(&mut import.name, short.clone());
            names.insert(old, short);
            import.module = FUNCTIONS.1.to_owned();
        }
    }
    names
}

fn shorten_exports(wasm: &mut Module) -> Names {
    let mut names = Names::new();
    for export in wasm.exports.iter_mut() {
        if export.name.starts_with(MANGLED) {
            let short = format!("f{}", names.len());
            let old = std::mem::replace(&mut export.name, short.clone());
            names.insert(old, short);
        }
    }
    names
}

/// `aa`, `ab`, and so on, with more letters after `zz`.
fn short_name(number: usize) -> String {
    let letter = |number: usize| char::from_u32('a' as u32 + (number % 26) as u32).unwrap_or('a');
    let mut rest = number / 26;
    let mut name = format!("{}", letter(number));
    loop {
        name.insert(0, letter(rest));
        rest /= 26;
        if rest == 0 {
            return name;
        }
    }
}

/// The bindings with the new names, and so that a bundler can leave out unused classes.
fn with_short_names(script: &str, imports: &Names, exports: &Names) -> String {
    let mut changed = String::with_capacity(script.len());
    let mut seen = BTreeSet::new();
    for line in script.lines() {
        // The loader of parts is imported once for each part.
        let is_loader = line.contains(LINK);
        if is_loader
            && let Some(start) = line.split("import").next()
            && !seen.insert(start)
        {
            continue;
        }
        // This would keep a class alive that nobody uses.
        if line.starts_with("if (Symbol.dispose) ") {
            continue;
        }
        match name_of_function(line).and_then(|name| Some((name, imports.get(name)?))) {
            Some((name, short)) => changed += &line.replacen(name, short, 1),
            None => changed += line,
        }
        changed.push('\n');
    }
    for (name, short) in exports {
        changed = changed.replace(&format!("wasm.{name}("), &format!("wasm.{short}("));
    }
    let [old, new] = [FUNCTIONS.0, FUNCTIONS.1].map(|module| format!("\"{module}\": import"));
    changed
        .replace(&old, &new)
        .replace("export class ", "class ")
        .replace(
            ": new FinalizationRegistry",
            ": /* @__PURE__ */ new FinalizationRegistry",
        )
}

/// The bindings with only these functions for the wasm.
fn with_functions(script: &str, used: &BTreeSet<&str>) -> String {
    let mut changed = String::with_capacity(script.len());
    let mut keep = true;
    for line in script.lines() {
        match name_of_function(line) {
            Some(name) => keep = used.contains(name),
            // The list of functions ends.
            None if line == "    };" => keep = true,
            None => {}
        }
        if keep {
            changed += line;
            changed.push('\n');
        }
    }
    changed
}

/// The name of the function for the wasm that begins in this line.
fn name_of_function(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix("        ")?.split_once(": function(")?;
    let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().all(plain).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "import * as import1 from \"./split.js\"
import * as import2 from \"./split.js\"
export class Unused {
}
if (Symbol.dispose) Unused.prototype[Symbol.dispose] = Unused.prototype.free;
    const import0 = {
        __wbg_get_12: function(arg0) {
            return wasm._ZN1aE(arg0) + wasm._ZN1aE_1(arg0);
        },
        __wbg_get_1: function() { return handleError(function (arg0) {
        }, arguments); },
    };
        \"./app_bg.js\": import0,
        \"./split.js\": import1,
        \"./split.js\": import2,
";

    fn names(pairs: &[(&str, &str)]) -> Names {
        let pairs = pairs.iter();
        pairs
            .map(|(old, new)| ((*old).to_owned(), (*new).to_owned()))
            .collect()
    }

    #[test]
    fn names_are_short_and_the_loader_is_imported_once() {
        let imports = names(&[("__wbg_get_1", "aa"), ("__wbg_get_12", "ab")]);
        let exports = names(&[("_ZN1aE", "f0"), ("_ZN1aE_1", "f1")]);
        let expected = "import * as import1 from \"./split.js\"
class Unused {
}
    const import0 = {
        ab: function(arg0) {
            return wasm.f0(arg0) + wasm.f1(arg0);
        },
        aa: function() { return handleError(function (arg0) {
        }, arguments); },
    };
        \"a\": import0,
        \"./split.js\": import1,
";
        assert_eq!(with_short_names(SCRIPT, &imports, &exports), expected);
    }

    #[test]
    fn functions_that_are_not_imported_are_removed() {
        let script = with_functions(SCRIPT, &BTreeSet::from(["__wbg_get_1"]));
        assert!(!script.contains("__wbg_get_12"), "{script}");
        let kept = "        __wbg_get_1: function() { return handleError(function (arg0) {
        }, arguments); },
    };";
        assert!(script.contains(kept), "{script}");
    }

    #[test]
    fn all_short_names_differ() {
        let names: BTreeSet<String> = (0..2_000).map(short_name).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!([0, 1, 26].map(short_name), ["aa", "ab", "ba"]);
    }
}
