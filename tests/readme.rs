//! What the documents show is run, and what it shows is compared: the README's sessions in the
//! source's directory, the guide's one after another in a directory of their own. And the
//! Chinese README has the same commands as the English one.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// Fenced blocks: what stands behind the fence, and the lines inside.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                blocks.push((kind.to_owned(), Vec::new()));
            }
        } else if let Some((_, lines)) = blocks.last_mut().filter(|_| inside) {
            lines.push(line.to_owned());
        }
    }
    blocks
}

/// Commands in `console` blocks, lines that begin with `> ` going on, and what they show.
fn sessions(text: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let consoles = blocks(text)
        .into_iter()
        .filter(|(kind, _)| kind == "console");
    for line in consoles.flat_map(|(_, lines)| lines) {
        if let Some(command) = line.strip_prefix("$ ") {
            sessions.push((command.to_owned(), String::new()));
            continue;
        }
        let (command, output) = sessions.last_mut().unwrap();
        let more = line.strip_prefix("> ").or((line == ">").then_some(""));
        match more.filter(|_| output.is_empty()) {
            Some(more) => *command += &format!("\n{more}"),
            None => *output += &format!("{line}\n"),
        }
    }
    sessions
}

/// True if the text is what is shown, where a line that ends in `…` may end in anything.
fn agrees(expected: &str, shown: &str) -> bool {
    let agrees = |expected: &str, shown: &str| match expected.strip_suffix('…') {
        Some(start) => shown.starts_with(start),
        None => expected == shown,
    };
    let lines = expected.lines().zip(shown.lines());
    expected.lines().count() == shown.lines().count()
        && lines
            .into_iter()
            .all(|(expected, shown)| agrees(expected, shown))
}

/// Runs the sessions, and gives what went otherwise.
fn run(dir: &Path, sessions: &[(String, String)]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_dehusk")).parent().unwrap();
    let mut path = vec![program.to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let path = std::env::join_paths(path).unwrap();
    let shell = |command: &str| {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(dir)
            .env("PATH", &path);
        // A person's settings are not the test's.
        shell
            .env("COLUMNS", "80")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("NO_COLOR");
        shell.output().unwrap()
    };
    let mut wrong = Vec::new();
    for (command, expected) in sessions {
        let tools = ["jq", "parallel", "xargs"];
        let missing = tools.iter().find(|tool| {
            let named = command.split([' ', '\n', '|']).any(|word| word == **tool);
            named && !shell(&format!("command -v {tool}")).status.success()
        });
        if let Some(tool) = missing {
            eprintln!("skipped, as {tool} is not installed: {command}");
            continue;
        }
        let output = shell(command);
        let shown = String::from_utf8(output.stdout).unwrap();
        if !agrees(expected, &shown) {
            wrong.push(format!("$ {command}\n{shown}"));
        }
    }
    wrong
}

#[test]
fn the_readme_shows_what_happens() {
    for name in ["README.md", "README.zh-CN.md"] {
        let sessions = sessions(&document(name));
        assert!(sessions.len() >= 4, "{name} has lost its sessions");
        let wrong = run(root(), &sessions);
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_guide_shows_what_happens() {
    let dir = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(root().join("fixtures"), dir.path().join("fixtures")).unwrap();
    let sessions = sessions(&document("docs/guide.md"));
    assert!(sessions.len() >= 30, "the guide has lost its sessions");
    let wrong = run(dir.path(), &sessions);
    assert!(wrong.is_empty(), "docs/guide.md:\n{}", wrong.join("\n"));
}

/// `file::name` in the list of promises is a function of that name in `tests/file.rs`; a path is there.
#[test]
fn what_is_promised_is_held() {
    let promises = document("docs/reliability.md");
    let quoted = promises.split('`').skip(1).step_by(2);
    let mut tests = 0;
    for word in quoted {
        if let Some((file, name)) = word.split_once("::").filter(|(file, _)| *file != "file") {
            let text = document(&format!("tests/{file}.rs"));
            let listed = text.lines().find(|line| line.starts_with("garbled!("));
            let listed =
                listed.is_some_and(|line| line.split([' ', '(', ')']).any(|one| one == name));
            assert!(text.contains(&format!("fn {name}(")) || listed, "no {word}");
            tests += 1;
        } else if word.contains('/') && !word.contains(' ') {
            assert!(root().join(word).exists(), "no {word}");
        }
    }
    assert!(tests > 50, "the list has lost its tests");
}

#[test]
fn an_ellipsis_stands_for_the_rest_of_a_line() {
    assert!(agrees("a\nb …\n", "a\nb 1.5\n"));
    assert!(!agrees("a\nb …\n", "a\nc 1.5\n"));
    assert!(!agrees("a\n", "a\nb\n") && !agrees("a\nb\n", "a\n") && !agrees("…\n", ""));
    let text = "```console\n$ a <<END\n> b\n>\n> END\nc\n> d\n```\n```sh\n$ e\n```\n";
    let expected = ("a <<END\nb\n\nEND".to_owned(), "c\n> d\n".to_owned());
    assert_eq!(sessions(text), [expected]);
}

/// A block without its comments, which are translated.
fn commands(lines: &[String]) -> Vec<&str> {
    let code = lines.iter().map(|line| {
        let comment = line
            .find(" # ")
            .or(line.find(" // "))
            .filter(|_| !line.starts_with(['#', '$']));
        line[..comment.unwrap_or(line.len())].trim_end()
    });
    code.filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_chinese_readme_keeps_step() {
    let [english, chinese] = ["README.md", "README.zh-CN.md"].map(document);
    let headings = |text: &str| {
        let mut levels = Vec::new();
        let mut inside = false;
        for line in text.lines() {
            inside ^= line.starts_with("```");
            let level = line.chars().take_while(|c| *c == '#').count();
            if level > 0 && !inside {
                levels.push(level);
            }
        }
        levels
    };
    assert_eq!(headings(&english), headings(&chinese), "headings");
    let [ours, theirs] = [blocks(&english), blocks(&chinese)];
    assert_eq!(ours.len(), theirs.len(), "blocks");
    for ((kind, lines), (kind_there, lines_there)) in ours.iter().zip(&theirs) {
        assert_eq!((kind, commands(lines)), (kind_there, commands(lines_there)));
    }
    // Tables have as many rows, lists as many points, and the same code is named as often.
    for start in ["|", "- "] {
        let count = |text: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(
            count(&english),
            count(&chinese),
            "lines that begin with {start}"
        );
    }
    let code = |text: &str| {
        let mut named: HashMap<String, usize> = HashMap::new();
        let prose = text.split("```").step_by(2).collect::<String>();
        for word in prose.split('`').skip(1).step_by(2) {
            *named.entry(word.to_owned()).or_default() += 1;
        }
        named
    };
    let [ours, theirs] = [code(&english), code(&chinese)];
    let differ: Vec<_> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|word| ours.get(*word) != theirs.get(*word))
        .collect();
    assert!(
        differ.is_empty(),
        "code that is named in one more often than in the other: {differ:?}"
    );
}
