//! The structure of `src/` as ARCHITECTURE.md describes it: the order of the rooms, no circles between files, and
//! which parts only some files may use. The rules are read from ARCHITECTURE.md, so the document and the test agree.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

mod source;

use source::{Source, Use};

/// A module path, such as `["lib", "http", "sse"]`. The first name is the crate: `lib`, or `bin` for `main.rs`.
type ModulePath = Vec<String>;

/// A dependency from one file to another, with paths relative to the root of the repository.
type Arrow = (String, String);

/// The files of `src/` without test modules, and the file of each module.
struct Code {
    files: BTreeMap<ModulePath, (String, Source)>,
}

impl Code {
    fn read() -> Self {
        let mut code = Self {
            files: BTreeMap::new(),
        };
        code.add(vec!["lib".to_owned()], &root().join("src/lib.rs"));
        code.add(vec!["bin".to_owned()], &root().join("src/main.rs"));
        code
    }

    fn add(&mut self, module: ModulePath, file: &Path) {
        let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let source = Source::parse(&text);
        let folder = match module.len() {
            1 => root().join("src"),
            _ => file.with_extension(""),
        };
        for child in &source.modules {
            let mut path = module.clone();
            path.push(child.clone());
            self.add(path, &folder.join(child).with_extension("rs"));
        }
        let name = file.strip_prefix(root()).expect("below the root");
        let name = name.to_string_lossy().replace('\\', "/");
        self.files.insert(module, (name, source));
    }

    fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.files
            .values()
            .map(|(name, source)| (name.as_str(), source))
    }

    /// The absolute form of a path that is used in `module`. None if it leads out of this package.
    fn absolute(&self, module: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        let mut absolute = match first.as_str() {
            "crate" => module[..1].to_vec(),
            "self" => module.clone(),
            "super" => module[..module.len() - 1].to_vec(),
            "tidings" => vec!["lib".to_owned()],
            _ => {
                let (_, source) = &self.files[module];
                if source.modules.contains(first) {
                    [module.as_slice(), std::slice::from_ref(first)].concat()
                } else {
                    let import = source.uses.iter().find(|import| import.name == *first)?;
                    if import.path.first() == Some(first) {
                        return None;
                    }
                    self.absolute(module, &import.path)?
                }
            }
        };
        for name in rest {
            match name.as_str() {
                "super" => drop(absolute.pop()),
                _ => absolute.push(name.clone()),
            }
        }
        Some(absolute)
    }

    /// The file that defines the item at this absolute path, following re-exports. None if it is a module, or is from
    /// another package.
    fn file_of(&self, path: &ModulePath) -> Option<&str> {
        let depth = (1..=path.len()).rev();
        let depth = depth
            .into_iter()
            .find(|depth| self.files.contains_key(&path[..*depth]))?;
        let (module, item) = (path[..depth].to_vec(), path.get(depth)?);
        let (name, source) = &self.files[&module];
        let Some(import) = source.uses.iter().find(|import| import.name == *item) else {
            return Some(name);
        };
        let mut target = self.absolute(&module, &import.path)?;
        target.extend_from_slice(&path[depth + 1..]);
        self.file_of(&target)
    }

    fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for (module, (file, source)) in &self.files {
            let used = |import: &&Use| !import.exported || source.words.contains(&import.name);
            let imported = source.uses.iter().filter(used).map(|import| &import.path);
            for path in imported.chain(&source.paths) {
                let target = self.absolute(module, path);
                let target = target.and_then(|target| self.file_of(&target));
                if let Some(target) = target.filter(|target| target != file) {
                    arrows.insert((file.clone(), target.to_owned()));
                }
            }
        }
        arrows
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md")
}

/// All texts between two backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The room of a file: `http` for `src/http.rs` and everything below `src/http/`.
fn room(file: &str) -> &str {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let end = inside.find(['/', '.']).unwrap_or(inside.len());
    &inside[..end]
}

/// The order of the rooms, as declared by the line of arrows in ARCHITECTURE.md.
fn levels() -> BTreeMap<String, usize> {
    let document = document();
    let line = document
        .lines()
        .find(|line| line.starts_with("    main → "))
        .expect("ARCHITECTURE.md has a line with the order of the rooms: main → …");
    let mut levels = BTreeMap::new();
    for (floor, rooms) in line.split('→').enumerate() {
        for room in rooms.split(',') {
            levels.insert(room.trim().to_owned(), floor);
        }
    }
    levels
}

/// The circles: groups of files that depend on each other.
fn circles(arrows: &BTreeSet<Arrow>) -> Vec<BTreeSet<&str>> {
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        reached.entry(from).or_default().insert(to);
    }
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        let known = reached.clone();
        for targets in reached.values_mut() {
            let further = targets.iter().filter_map(|target| known.get(target));
            let further: Vec<&str> = further.flatten().copied().collect();
            targets.extend(further);
        }
        if before == reached.values().map(BTreeSet::len).sum() {
            break;
        }
    }
    let needs = |a: &str, b: &str| reached.get(a).is_some_and(|targets| targets.contains(b));
    let in_circles = reached.keys().filter(|file| needs(file, file));
    let groups = in_circles.map(|file| {
        let group = reached[file].iter().filter(|other| needs(other, file));
        group.copied().collect()
    });
    groups.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn rooms_only_use_rooms_below_them() {
    let (code, levels) = (Code::read(), levels());
    let mut faults = String::new();
    for (from, to) in code.arrows() {
        let (above, below) = (room(&from), room(&to));
        match (levels.get(above), levels.get(below)) {
            _ if above == below => {}
            (Some(from), Some(to)) if from < to => {}
            (Some(_), Some(_)) => writeln!(faults, "{from} uses {to}").expect("a string"),
            _ => writeln!(faults, "{from} or {to} is in no declared room").expect("a string"),
        }
    }
    assert!(
        faults.is_empty(),
        "against the order in ARCHITECTURE.md:\n{faults}"
    );
}

#[test]
fn the_declared_rooms_are_those_that_exist() {
    let code = Code::read();
    let rooms: BTreeSet<&str> = code.sources().map(|(file, _)| room(file)).collect();
    let rooms: BTreeSet<&str> = rooms.into_iter().filter(|room| *room != "lib").collect();
    let levels = levels();
    assert_eq!(
        rooms,
        levels.keys().map(String::as_str).collect::<BTreeSet<_>>()
    );
}

#[test]
fn no_files_depend_on_each_other_in_a_circle() {
    let arrows = Code::read().arrows();
    let mut faults = String::new();
    for circle in circles(&arrows) {
        writeln!(faults, "a circle of {} files:", circle.len()).expect("a string");
        for (from, to) in &arrows {
            if circle.contains(from.as_str()) && circle.contains(to.as_str()) {
                writeln!(faults, "  {from} uses {to}").expect("a string");
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn restricted_names_are_only_used_where_allowed() {
    let (code, document) = (Code::read(), document());
    let table = document
        .split("| used | only by |\n")
        .nth(1)
        .unwrap_or_default();
    let rules = table.lines().take_while(|line| line.starts_with('|'));
    let rules = rules.filter_map(|line| {
        let (what, places) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((what, quoted(places)))
    });
    let (mut faults, mut count) = (String::new(), 0);
    for (name, places) in rules {
        count += 1;
        for (file, source) in code.sources() {
            let allowed = places.iter().any(|place| match place.ends_with('/') {
                // A folder, and the file of the same name beside it.
                true => file.starts_with(place) || *place == file.replace(".rs", "/"),
                false => file == *place,
            });
            if !allowed && source.mentions(name) {
                writeln!(faults, "{file} uses {name}").expect("a string");
            }
        }
    }
    assert!(count >= 5, "ARCHITECTURE.md has a table of rules");
    assert!(faults.is_empty(), "against ARCHITECTURE.md:\n{faults}");
}

#[test]
fn all_files_named_in_the_document_exist() {
    let document = document();
    let named = quoted(&document).into_iter().filter(|name| {
        let folders = ["src/", "app/", "tests/", "bench/", "xtask/", "scripts/"];
        folders.iter().any(|folder| name.starts_with(folder))
    });
    let missing: Vec<&str> = named
        .filter(|name| !name.contains(['*', '{', ' ']))
        .filter(|name| !root().join(name).exists())
        .collect();
    assert!(missing.is_empty(), "not there: {missing:?}");
}

#[test]
fn circles_and_upward_dependencies_are_detected() {
    let arrow = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let arrows = BTreeSet::from([
        arrow("a", "b"),
        arrow("b", "c"),
        arrow("c", "b"),
        arrow("c", "d"),
    ]);
    assert_eq!(circles(&arrows), [BTreeSet::from(["b", "c"])]);
    let levels = levels();
    assert!(levels["http"] < levels["message"]);
}
