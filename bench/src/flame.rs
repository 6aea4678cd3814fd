//! A flame graph: reads the output of `perf script` and writes an SVG. A box is a function. Its width is the share of
//! samples that have it on the stack, and it is above its caller.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, BufRead},
};

use anyhow::{Result, ensure};

use crate::svg;

/// The argument that selects this subcommand.
pub const SUBCOMMAND: &str = "flame";

/// Sizes in pixels.
const WIDTH: f64 = 1_160.0;
const ROW: f64 = 18.0;
const LETTER: f64 = 6.2;

/// Narrower boxes are left out.
const MIN_WIDTH: f64 = 1.0;

const STYLE: &str = "\
.ground{fill:#fff}text{font:10.5px ui-monospace,monospace;fill:#1f2328}rect{stroke:#fff;stroke-width:.5}\
.ours{fill:#ffb77c}.kernel{fill:#9cc4f0}.other{fill:#d1d9e0}\
@media(prefers-color-scheme:dark){.ground{fill:#0d1117}rect{stroke:#0d1117}}";

/// A function on the stack, with its callees.
#[derive(Default)]
struct Frame {
    samples: u64,
    class: &'static str,
    callees: BTreeMap<String, Frame>,
}

/// Draws the graph.
pub fn run() -> Result<()> {
    let root = read(io::stdin().lock())?;
    ensure!(
        root.samples > 0,
        "there are no samples: pipe `perf script` into this"
    );
    print!("{}", draw(&root));
    Ok(())
}

/// Reads samples: a line with the name of the thread, then the stack, innermost function first, then an empty line.
fn read(input: impl BufRead) -> Result<Frame> {
    let (mut root, mut thread, mut stack) = (Frame::default(), None, Vec::new());
    for line in input.lines() {
        let line = line?;
        if line.trim().is_empty() {
            if let Some(thread) = thread.take() {
                stack.push((thread, "other"));
                root.add(stack.drain(..).rev());
            }
        } else if line.starts_with(char::is_whitespace) {
            stack.push(function(&line));
        } else {
            // Threads of a pool have a number in their names.
            let name = line.split_whitespace().next().unwrap_or_default();
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
            thread = Some(name.trim_end_matches('-').to_owned());
        }
    }
    Ok(root)
}

/// The function of a line such as `ffff81 tcp_sendmsg+0x2b ([kernel.kallsyms])`, and its origin.
fn function(line: &str) -> (String, &'static str) {
    let line = line.trim();
    let (_, rest) = line.split_once(' ').unwrap_or(("", line));
    let (name, whose) = rest.rsplit_once(" (").unwrap_or((rest, ""));
    let name = name.rsplit_once("+0x").map_or(name, |(name, _)| name);
    let class = match whose {
        _ if whose.contains("kernel") => "kernel",
        _ if whose.contains("tidings") => "ours",
        _ => "other",
    };
    (name.to_owned(), class)
}

impl Frame {
    fn add(&mut self, stack: impl Iterator<Item = (String, &'static str)>) {
        self.samples += 1;
        let mut frame = self;
        for (name, class) in stack {
            frame = frame.callees.entry(name).or_default();
            frame.class = class;
            frame.samples += 1;
        }
    }

    fn depth(&self, all: u64) -> usize {
        let wide = self
            .callees
            .values()
            .filter(|callee| callee.width(all) >= MIN_WIDTH);
        wide.map(|callee| 1 + callee.depth(all)).max().unwrap_or(0)
    }

    fn width(&self, all: u64) -> f64 {
        WIDTH * self.samples as f64 / all as f64
    }
}

fn draw(root: &Frame) -> String {
    let height = ROW * root.depth(root.samples) as f64;
    let mut body = String::new();
    boxes(&mut body, root, root.samples, 0.0, height);
    svg::picture(WIDTH, height, STYLE, &body)
}

/// Draws the callees of a function side by side, with their lower edge at `bottom`.
fn boxes(body: &mut String, frame: &Frame, all: u64, left: f64, bottom: f64) {
    let mut left = left;
    for (name, callee) in &frame.callees {
        let width = callee.width(all);
        if width >= MIN_WIDTH {
            let (top, class) = (bottom - ROW, callee.class);
            let share = 100.0 * callee.samples as f64 / all as f64;
            let name = name.replace('&', "&amp;").replace('<', "&lt;");
            let room = (width / LETTER) as usize;
            let text = if room > 3 {
                name.chars().take(room).collect()
            } else {
                String::new()
            };
            // Writing to a String can't fail.
            let _ = writeln!(
                body,
                "<g><title>{name}, {share:.1} %</title><rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.0}\" \
                 width=\"{width:.1}\" height=\"{ROW}\"/><text x=\"{:.1}\" y=\"{:.0}\">{text}</text></g>",
                left + 2.0,
                top + 13.0
            );
            boxes(body, callee, all, left, top);
        }
        left += width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &str = "\
deliver-0  12 1.0: cpu-clock:
\tffff1 tcp_sendmsg+0x2b ([kernel.kallsyms])
\t55 write+0x10 (/usr/lib/libc.so.6)

deliver-1  13 1.1: cpu-clock:
\tffff2 tcp_ack+0x1 ([kernel.kallsyms])
\tffff1 tcp_sendmsg+0x2c ([kernel.kallsyms])
\t55 write+0x10 (/usr/lib/libc.so.6)

";

    #[test]
    fn stacks_that_begin_alike_are_one_until_they_part() {
        let root = read(SAMPLES.as_bytes()).expect("samples");
        assert_eq!(root.samples, 2);
        let sendmsg = &root.callees["deliver"].callees["write"].callees["tcp_sendmsg"];
        assert_eq!((sendmsg.samples, sendmsg.class), (2, "kernel"));
        assert_eq!(sendmsg.callees["tcp_ack"].samples, 1);
        assert_eq!(root.depth(2), 4);
    }
}
