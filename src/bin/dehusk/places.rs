//! Which file is read and which is written, whatever they are called: names read from a list,
//! names for outputs, and a refusal where one file would be two things.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use dehusk::{InputBuilder, OutputFormat};

use crate::args::Extract;
use crate::manifest::Shard;
use crate::run::{self, Failure, usage};

/// Paths of the command line and, behind them, of `--files-from`.
pub(crate) fn paths(args: &Extract) -> Result<Vec<PathBuf>, Failure> {
    let mut paths = args.paths.clone();
    if let Some(list) = &args.files_from {
        paths.extend(listed(list, args.null)?);
    }
    Ok(paths)
}

fn listed(list: &Path, null: bool) -> Result<Vec<PathBuf>, Failure> {
    let mut names = Vec::new();
    let read = if list == Path::new("-") {
        io::stdin().lock().read_to_end(&mut names)
    } else {
        File::open(list).and_then(|mut file| file.read_to_end(&mut names))
    };
    read.map_err(|error| run::named(list, &error))?;
    let end = if null { 0 } else { b'\n' };
    let names = names.split(|byte| *byte == end);
    Ok(names.filter(|name| !name.is_empty()).map(path_of).collect())
}

/// On Unix a name is bytes, elsewhere it is text.
fn path_of(name: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let name: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(name);
    #[cfg(not(unix))]
    let name = String::from_utf8_lossy(name).into_owned();
    PathBuf::from(name)
}

/// Where a path leads, through links; what is not there yet is taken as it is spelled.
pub(crate) fn place(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for ancestor in absolute.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            let rest = absolute.strip_prefix(ancestor).unwrap_or(Path::new(""));
            return rest.components().fold(real, step);
        }
    }
    absolute
}

/// One step down, or up: what is not there is no link, so that `..` leads back.
fn step(mut path: PathBuf, part: Component<'_>) -> PathBuf {
    match part {
        Component::ParentDir => {
            path.pop();
        }
        part => path.push(part),
    }
    path
}

/// Refuses files that would be written over each other or over one that is read.
pub(crate) fn refuse_clashes(args: &Extract, input: &InputBuilder) {
    let output = args
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    // With --out-dir it is a directory.
    let errors = args.errors.as_deref().filter(|_| args.out_dir.is_none());
    let outputs: Vec<(&str, &Path)> = [
        ("--output", output),
        ("--errors", errors),
        ("--summary", args.summary.as_deref()),
    ]
    .into_iter()
    .filter_map(|(option, path)| Some((option, path?)))
    // Devices and pipes are not overwritten.
    .filter(|(_, path)| fs::metadata(path).map_or(true, |data| data.is_file()))
    .collect();
    for (n, (option, path)) in outputs.iter().enumerate() {
        if input.would_read(path) {
            usage(
                "extract",
                &format!("{option} {} is one of the files to be read", path.display()),
            );
        }
        let same = |(_, other): &&(&str, &Path)| place(other) == place(path);
        if let Some((other, _)) = outputs[..n].iter().find(same) {
            usage(
                "extract",
                &format!("{option} and {other} name the same file"),
            );
        }
    }
}

/// Endings that say how a file is packed.
const PACKED: [&str; 4] = ["gz", "zst", "bz2", "xz"];

/// Refuses an output whose name promises what it would not hold.
pub(crate) fn refuse_ending(args: &Extract) {
    let Some(path) = args.output.as_deref().filter(|path| is_file_name(path)) else {
        return;
    };
    let lower = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
    let last = lower(path);
    if let Some(packed @ ("bz2" | "xz")) = last.as_deref() {
        usage(
            "extract",
            &format!("--output: .{packed} can be read, not written; end the name in .gz or .zst"),
        );
    }
    let inner = match last.as_deref() {
        Some(packed) if PACKED.contains(&packed) => lower(&path.with_extension("")),
        _ => last,
    };
    if let Some(ending) =
        inner.filter(|_| args.to.is_none() && OutputFormat::from_path(path).is_none())
    {
        usage(
            "extract",
            &format!(
                "--output: .{ending} names no format; end the name in .jsonl, .json, .txt, .md, .marked \
                 or .parquet, or tell the format, as --to jsonl"
            ),
        );
    }
}

/// Not for a device or a pipe, whatever they are called.
fn is_file_name(path: &Path) -> bool {
    path != Path::new("-") && fs::metadata(path).map_or(true, |data| data.is_file())
}

/// Refuses a directory of outputs that is inside a directory of inputs: the next run would
/// read what this one writes.
pub(crate) fn refuse_inside(option: &str, dir: &Path, inputs: &[PathBuf]) {
    let inside = |input: &&PathBuf| input.is_dir() && place(dir).starts_with(place(input));
    if let Some(input) = inputs.iter().find(inside) {
        usage(
            "extract",
            &format!(
                "{option} {} is inside of {}, which is to be read; give a directory elsewhere",
                dir.display(),
                input.display()
            ),
        );
    }
}

/// Refuses two inputs for one output, and outputs that are inputs.
pub(crate) fn refuse_shared(shards: &[Shard], summary: Option<&Path>) -> Result<(), Failure> {
    let mut takers: HashMap<&Path, &Path> = HashMap::new();
    for shard in shards {
        for target in shard.targets() {
            if let Some(other) = takers.insert(target, &shard.input) {
                return Err(refusal(format!(
                    "{} and {} would both be written to {}; read their directory, or list them \
                     with --files-from, so that they keep their paths",
                    other.display(),
                    shard.input.display(),
                    target.display()
                )));
            }
        }
    }
    let summary = summary.map(place);
    if let Some(shared) = summary.filter(|path| takers.contains_key(&**path)) {
        usage(
            "extract",
            &format!("--summary {} is an output", shared.display()),
        );
    }
    let there = takers.keys().filter_map(|path| path.canonicalize().ok());
    let there: HashSet<PathBuf> = there.collect();
    if there.is_empty() {
        return Ok(());
    }
    let is_output = |shard: &&Shard| {
        let input = shard.input.canonicalize();
        input.is_ok_and(|input| there.contains(&input))
    };
    shards.iter().find(is_output).map_or(Ok(()), |shard| {
        Err(refusal(format!(
            "{} is to be read, but an output would take its place",
            shard.input.display()
        )))
    })
}

fn refusal(message: String) -> Failure {
    io::Error::other(message).into()
}

/// A file's path below `--out-dir`, before the format is seen to: that in the directory `root`
/// which it was found in, or its own name. From a list (without a root) it keeps its path.
pub(crate) fn relative(path: &Path, root: Option<&Path>) -> PathBuf {
    let own = |root: &Path| match path.strip_prefix(root) {
        Ok(below) if below.iter().next().is_some() => below.to_owned(),
        _ => path.file_name().unwrap_or_default().into(),
    };
    root.map_or_else(|| path.to_owned(), own)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect()
}

/// The name of the output: the same, if it says how the output is written.
pub(crate) fn output_name(name: &Path, format: OutputFormat) -> PathBuf {
    let packed = name.extension().map(OsStr::to_ascii_lowercase);
    // These can be read, not written.
    let unwritable = packed.is_some_and(|ending| ending == "bz2" || ending == "xz");
    if OutputFormat::from_path(name) == Some(format) && !unwritable {
        return name.to_owned();
    }
    with(name, &format!(".{}", format.ending()))
}

/// A path with something behind it.
pub(crate) fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_outputs() {
        for (name, format, expected) in [
            ("a/b.jsonl.gz", OutputFormat::Jsonl, "a/b.jsonl.gz"),
            ("b.NDJSON.ZST", OutputFormat::Jsonl, "b.NDJSON.ZST"),
            ("b.jsonl.xz", OutputFormat::Jsonl, "b.jsonl.xz.jsonl"),
            ("a.warc.gz", OutputFormat::Jsonl, "a.warc.gz.jsonl"),
            ("page.txt", OutputFormat::Jsonl, "page.txt.jsonl"),
            ("page.txt", OutputFormat::Text, "page.txt"),
            ("README", OutputFormat::Markdown, "README.md"),
            ("a.gz", OutputFormat::Json, "a.gz.json"),
        ] {
            let found = output_name(Path::new(name), format);
            assert_eq!(found, Path::new(expected), "{name}");
        }
    }

    #[test]
    fn paths_below_the_directory() {
        for (path, root, expected) in [
            ("crawl/a/b", Some("crawl"), "a/b"),
            ("crawl/a/b", Some("crawl/"), "a/b"),
            ("./a/b", Some("."), "a/b"),
            ("/x/y/b", Some("/x/y/b"), "b"),
            ("crawl/a/b", None, "crawl/a/b"),
            ("/x/../y/./b", None, "x/y/b"),
            ("..", None, ""),
        ] {
            let found = relative(Path::new(path), root.map(Path::new));
            assert_eq!(found, Path::new(expected), "{path}");
        }
    }
}
