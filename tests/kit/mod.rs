//! A directory of its own for each test, files in it, and runs of the program on them.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A directory that goes away with the test.
pub(crate) struct Dir(tempfile::TempDir);

impl Dir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, and the directories it lies in; packed if its name says so.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.raw(name, pack(name, content.as_ref()))
    }

    /// Writes exactly these bytes.
    pub(crate) fn raw(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The names of all there is, hidden or not.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
        command
            .current_dir(self.path())
            .args(line.split_whitespace());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `dehusk LINE` here, with nothing on standard input.
    pub(crate) fn run(&self, line: &str) -> Run {
        Run::new(self.command(line).output().unwrap())
    }

    /// The same with no more than so much address space, and for two minutes at most.
    pub(crate) fn run_capped(&self, mebibytes: usize, line: &str) -> Run {
        self.shell(mebibytes, line, "exec timeout -s KILL 120 \"$@\"")
    }

    /// The same, and whoever reads its output goes away after so many lines.
    pub(crate) fn run_capped_into_head(&self, mebibytes: usize, lines: usize, line: &str) -> Run {
        let script = format!("timeout -s KILL 120 \"$@\" | head -n {lines}");
        self.shell(mebibytes, line, &script)
    }

    fn shell(&self, mebibytes: usize, line: &str, script: &str) -> Run {
        let kibibytes = mebibytes * 1024;
        let mut command = Command::new("sh");
        command.current_dir(self.path()).stdin(Stdio::null());
        command.args(["-c", &format!("ulimit -v {kibibytes}; {script}"), "sh"]);
        command.arg(env!("CARGO_BIN_EXE_dehusk"));
        command.args(line.split_whitespace());
        // Each thread would reserve room of its own, and use next to nothing of it.
        command.env("MALLOC_ARENA_MAX", "1");
        Run::new(command.output().unwrap())
    }

    /// The same with these variables, of those that say what the terminal is like.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(line);
        command.env_remove("COLUMNS").env_remove("TERM");
        command.envs(variables.iter().copied());
        Run::new(command.output().unwrap())
    }

    /// Runs it with this on standard input.
    pub(crate) fn run_on(&self, line: &str, input: impl AsRef<[u8]>) -> Run {
        let mut child = self.start(line);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.as_ref().to_vec();
        // The program may stop reading early.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        Run::new(output)
    }

    /// Starts it with pipes on all sides.
    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(line).stdin(Stdio::piped()).spawn().unwrap()
    }
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    fn new(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            status: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Asserts on the exit status and shows what was said if it is another.
    #[track_caller]
    pub(crate) fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{self:#?}");
        self
    }

    /// The records of its output.
    pub(crate) fn records(&self) -> Vec<Value> {
        records(&self.out)
    }

    /// One string of each record.
    pub(crate) fn each(&self, key: &str) -> Vec<String> {
        self.records()
            .iter()
            .map(|record| record[key].as_str().unwrap_or("-").to_owned())
            .collect()
    }

    /// What was said, without the summary.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        self.err
            .lines()
            .filter(|line| !line.contains(" failed, "))
            .collect()
    }
}

pub(crate) fn records(lines: &str) -> Vec<Value> {
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Packs as the ending of `name` says, with the library's own writer.
pub(crate) fn pack(name: &str, content: &[u8]) -> Vec<u8> {
    let ending = Path::new(name)
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or("none");
    let dir = Dir::new();
    let path = dir.path().join("packed").with_extension(ending);
    let mut file = dehusk::OutputFile::create(&path).unwrap();
    file.write_all(content).unwrap();
    file.finish().unwrap();
    fs::read(path).unwrap()
}

/// A JSONL line.
pub(crate) fn line(id: &str, text: &str) -> String {
    serde_json::json!({ "id": id, "text": text }).to_string() + "\n"
}

/// Sends a signal: `-HUP`.
#[cfg(unix)]
pub(crate) fn signal(child: &Child, name: &str) {
    let kill = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
}

/// Does what Ctrl-C does. Started in the background of a script, all of this ignores its signal;
/// then another one that asks to end is sent.
#[cfg(unix)]
pub(crate) fn interrupt(child: &Child) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).unwrap() & 2 == 2);
    signal(child, if ignored { "-TERM" } else { "-INT" });
}
