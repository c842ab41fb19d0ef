//! What a person meets first: help and its examples, completions, manual pages, the settings
//! file, progress, and what is said of mistakes.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "helpers outside of test functions")]
#![allow(clippy::print_stderr, reason = "what is skipped is told")]

mod kit;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::kit::{Dir, line};

/// Every command, and how many lines its `-h` may take; a screen has 24.
const COMMANDS: [(&str, usize); 14] = [
    ("", 24),
    ("extract", 40),
    ("explain", 24),
    ("stats", 24),
    ("eval", 24),
    ("train", 24),
    ("rules", 24),
    ("rules list", 24),
    ("rules show", 24),
    ("rules check", 24),
    ("schema", 24),
    ("config", 24),
    ("completions", 24),
    ("man", 24),
];

/// Runs a line of shell in a directory, with our program in front of all others.
fn shell(dir: &Path, shell: &str, line: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_dehusk"))
        .parent()
        .unwrap()
        .to_owned();
    let path = std::env::var_os("PATH").unwrap();
    let paths = [program].into_iter().chain(std::env::split_paths(&path));
    Command::new(shell)
        .args(["-c", line])
        .current_dir(dir)
        .env("PATH", std::env::join_paths(paths).unwrap())
        .env("HOME", dir)
        .env("PROFILE", "profile.ps1")
        .env("PAGER", "cat")
        .env("MANPAGER", "cat")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    let found = found.unwrap().status.success();
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

// ---- help

#[test]
fn short_help_fits_a_screen() {
    let dir = Dir::new();
    for (command, most) in COMMANDS {
        let help = dir.run(&format!("{command} -h")).exits(0).out;
        let lines = help.lines().count();
        let wide = help.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(
            lines <= most && wide <= 80,
            "{lines} lines of {wide}:\n{help}"
        );
        let examples = help.split("\nExamples:\n").nth(1).unwrap_or_default();
        let examples = examples.lines().count();
        assert!(
            (2..=4).contains(&examples),
            "{command}: {examples} examples"
        );
        let long = dir.run(&format!("{command} --help")).exits(0).out;
        assert!(
            long.lines().all(|line| line.chars().count() <= 80),
            "{long}"
        );
    }
}

#[test]
fn no_command_is_forgotten() {
    let program = Dir::new().run("-h").exits(0).out;
    let named: Vec<_> = program
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    let known = COMMANDS.iter().map(|(command, _)| *command);
    let known: Vec<_> = known
        .filter(|name| !name.is_empty() && !name.contains(' '))
        .collect();
    assert_eq!(named, known);
}

#[test]
fn long_help_tells_every_option() {
    let dir = Dir::new();
    let long = dir.run("extract --help").exits(0).out;
    for option in [
        "--from",
        "--text-field",
        "--html-field",
        "--charset",
        "--id-field",
        "--url-field",
        "--max-page-size",
        "--files-from",
        "--null",
        "--shard",
        "--output",
        "--out-dir",
        "--resume",
        "--overwrite",
        "--to",
        "--fields",
        "--with-text",
        "--keep",
        "--offsets",
        "--confidence",
        "--rules",
        "--weights",
        "--on-error",
        "--errors",
        "--summary",
        "--threads",
        "--progress",
        "--config",
        "--no-config",
        "--quiet",
        "--help",
    ] {
        assert!(long.contains(option), "{option}");
    }
    for heading in [
        "Input:",
        "Output:",
        "Decision:",
        "Errors:",
        "Running:",
        "Exit status:",
    ] {
        assert!(long.contains(&format!("\n{heading}\n")), "{heading}");
    }
    assert!(long.contains("[default: 16M]"));
}

/// A directory with all that the examples name.
fn stage() -> Dir {
    let dir = Dir::new();
    let fixtures = format!("{}/fixtures", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read(format!("{fixtures}/example.txt")).unwrap();
    dir.raw("page.txt", &page);
    dir.file(
        "page.html",
        "<title>一页</title><h1>一页</h1><p>薄荷好养,却也容易徒长。</p>",
    );
    dir.file("pages.jsonl", line("a", "薄荷好养,却也容易徒长。"));
    dir.file("crawl/a/b.jsonl.gz", line("a", "薄荷好养,却也容易徒长。"));
    dir.raw("crawl/page.txt", &page);
    dir.file("my.txt", "[related lead]\n同城好文\n");
    dir.file("packs/a.txt", "[promo part]\n进群领资料\n");
    for folder in ["gold", "my-pages"] {
        for n in 0..4 {
            let page =
                format!("title\t第{n}页的标题\nbody\t薄荷好养,却也容易徒长。\nnav\t首页 新闻\n");
            dir.file(&format!("{folder}/{folder}{n}-1.marked"), page);
        }
    }
    std::fs::create_dir(dir.path().join("records")).unwrap();
    for made in [
        "extract gold/ -o records.jsonl",
        "extract gold/ -o records.jsonl.zst",
        "extract gold/ -o records/all.jsonl",
        "extract gold/ -o new.jsonl",
        "extract page.txt -o old.jsonl",
        "extract pages.jsonl -o part-0.parquet --with-text",
    ] {
        dir.run(made);
    }
    dir.run("train my-pages -o my.weights -q --no-cross-validation --steps 5")
        .exits(0);
    dir.run("extract page.txt --to marked -o gold/site9-1.marked")
        .exits(0);
    let records = dir.run("extract page.txt --fields body").exits(0).records();
    let column = serde_json::json!({"text": records[0]["body"], "id": "a"}).to_string() + "\n";
    dir.file("column.jsonl", column);
    dir.run("extract column.jsonl --with-text --fields text -o t.parquet")
        .exits(0);
    std::fs::rename(
        dir.path().join("t.parquet"),
        dir.path().join("part-0.parquet"),
    )
    .unwrap();
    for folder in [
        ".local/share/bash-completion/completions",
        ".zfunc",
        ".config/fish/completions",
    ] {
        std::fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    dir
}

/// The lines below `Examples:`.
fn examples(help: &str) -> Vec<String> {
    let examples = help.split("\nExamples:\n").nth(1).unwrap();
    examples
        .lines()
        .map(|line| line.trim().to_owned())
        .collect()
}

#[test]
fn examples_work() {
    let dir = stage();
    // Learning takes minutes without.
    dir.file("dehusk.toml", "[train]\nsteps = 5\n");
    for (command, _) in COMMANDS {
        for example in examples(&dir.run(&format!("{command} -h")).exits(0).out) {
            // Rows of the table have their text in another column than the example's.
            let run = example.replace("--text-field content", "--text-field text");
            let tools = ["jq", "less", "man"];
            let needs = |tool: &&&str| run.contains(&format!("| {tool}"));
            if !tools.iter().filter(needs).all(|tool| is_installed(tool)) {
                continue;
            }
            let output = shell(dir.path(), "bash", &format!("set -o pipefail; {run}"));
            assert!(output.status.success(), "$ {run}\n{output:?}");
        }
    }
}

// ---- completions and manual pages

#[test]
fn completions_load() {
    let dir = Dir::new();
    let load = |name: &str, line: &str| {
        let script = dir.run(&format!("completions {name}")).exits(0).out;
        assert!(script.len() > 1000, "{name}");
        dir.file(&format!("dehusk.{name}"), &script);
        if !is_installed(name) {
            return;
        }
        let output = shell(dir.path(), name, line);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{name}: {shown}"
        );
        assert!(
            shown.contains("dehusk") && shown.contains("--threads"),
            "{name}: {shown}"
        );
    };
    load(
        "bash",
        "source ./dehusk.bash && complete -p dehusk && COMP_WORDS=(dehusk extract --th) COMP_CWORD=2 \
         && _dehusk dehusk --th extract && echo \"${COMPREPLY[@]}\"",
    );
    load(
        "fish",
        "source ./dehusk.fish; complete -C 'dehusk extract --th'; echo dehusk",
    );
    load(
        "zsh",
        "autoload -U compinit && compinit -D -u && source ./dehusk.zsh && echo $_comps[dehusk] \
         && which _dehusk",
    );
    for other in ["powershell", "elvish"] {
        let script = dir.run(&format!("completions {other}")).exits(0).out;
        assert!(script.contains("--threads"), "{other}");
    }
    let wrong = dir.run("completions tcsh").exits(2);
    assert!(
        wrong.err.contains("bash") && wrong.err.contains("powershell"),
        "{wrong:?}"
    );
}

#[test]
fn manual_pages_are_well_formed() {
    let dir = Dir::new();
    dir.run("man --dir a/man1").exits(0);
    let pages = std::fs::read_dir(dir.path().join("a/man1")).unwrap();
    let pages: Vec<PathBuf> = pages.map(|entry| entry.unwrap().path()).collect();
    for (command, _) in COMMANDS {
        let name = format!("dehusk {command}").trim().replace(' ', "-") + ".1";
        assert!(
            pages.iter().any(|page| page.ends_with(&name)),
            "{name}: {pages:?}"
        );
        let shown = dir.run(&format!("man {command}")).exits(0).out;
        assert_eq!(shown, dir.read(&format!("a/man1/{name}")), "{name}");
        assert!(
            shown.contains("Examples:") && shown.contains(".SH DESCRIPTION"),
            "{name}"
        );
    }
    for page in &pages {
        let page = page.display();
        let lint = [
            ("mandoc", format!("mandoc -Tlint -W error {page}")),
            ("man", format!("man --warnings -l {page} 2>&1 >/dev/null")),
        ];
        for (tool, line) in lint {
            if is_installed(tool) {
                let output = shell(dir.path(), "sh", &line);
                let shown = String::from_utf8(output.stdout).unwrap();
                assert!(
                    output.status.success() && shown.is_empty(),
                    "{line}: {shown}"
                );
            }
        }
    }
    let wrong = dir.run("man extrac").exits(2);
    assert!(wrong.err.contains("there are: extract, "), "{wrong:?}");
}

// ---- the settings file

#[test]
fn a_settings_file_is_used_and_overruled() {
    let dir = Dir::new();
    dir.file("a.jsonl", "{\"正文\":\"x\",\"标题\":\"y\"}\n");
    dir.file("dehusk.toml", "[extract]\ntext-field = \"正文\"\nkeep = [\"标题\"]\nfields = ['id', 'input']\nquiet = true\n");
    let run = dir.run("extract a.jsonl").exits(0);
    assert_eq!(
        run.out,
        "{\"id\":\"a.jsonl#0\",\"input\":{\"标题\":\"y\"}}\n"
    );
    assert_eq!(run.err, "");
    // What is typed goes before, a list as a whole.
    let run = dir.run("extract a.jsonl --fields text --no-quiet").exits(0);
    assert_eq!(run.out, "{\"text\":\"x\",\"input\":{\"标题\":\"y\"}}\n");
    assert!(run.err.starts_with("dehusk: 1 page"), "{run:?}");
    // Another file, or none.
    dir.file(
        "other/o.toml",
        "[extract]\nfields = \"id\"\ntext-field = \"正文\"\n",
    );
    let run = dir.run("extract a.jsonl --config other/o.toml").exits(0);
    assert_eq!(run.out, "{\"id\":\"a.jsonl#0\"}\n");
    let run = dir.run("extract a.jsonl --no-config").exits(1);
    assert!(run.err.contains("no field `text`"), "{run:?}");
    dir.run("extract a.jsonl --config gone.toml").exits(2);
}

#[test]
fn paths_in_a_settings_file_start_from_it() {
    let dir = Dir::new();
    dir.file("conf/d.toml", "[extract]\nrules = [\"packs/我的.txt\"]\n");
    dir.file("conf/packs/我的.txt", "[promo part]\n进群领资料\n");
    dir.file("a.txt", "进群领资料\n");
    dir.run("extract a.txt --config conf/d.toml").exits(0);
    let shown = dir.run("config extract --config conf/d.toml").exits(0).out;
    assert!(
        shown.contains("rules = [\"conf/packs/我的.txt\"]"),
        "{shown}"
    );
}

#[test]
fn settings_that_say_nothing_of_a_format_are_no_error() {
    let dir = Dir::new();
    let page = format!("{}/fixtures/example.txt", env!("CARGO_MANIFEST_DIR"));
    dir.raw("a.txt", std::fs::read(page).unwrap());
    dir.file(
        "dehusk.toml",
        "[extract]\nwith-text = true\nto = 'json'\nfields = ['id']\n",
    );
    assert!(dir.run("extract a.txt").exits(0).out.starts_with("[\n{"));
    dir.run("extract a.txt --to markdown").exits(0);
    dir.run("extract a.txt --to markdown --fields id").exits(2);
    // The name that was typed tells more than the file.
    dir.run("extract a.txt -o a.md").exits(0);
    assert!(dir.read("a.md").contains("薄荷"), "{}", dir.read("a.md"));
}

#[test]
fn a_resumed_run_sees_what_the_settings_file_says() {
    let dir = Dir::new();
    dir.file("in/a.txt", "薄荷好养,却也容易徒长。\n");
    dir.run("extract in --out-dir out --resume").exits(0);
    dir.file("dehusk.toml", "[extract]\nthreads = 1\n");
    let same = dir.run("extract in --out-dir out --resume").exits(0);
    assert!(same.err.contains("0 made, 1 resumed"), "{same:?}");
    dir.file("dehusk.toml", "[extract]\noffsets = 'chars'\n");
    let other = dir.run("extract in --out-dir out --resume").exits(2);
    assert!(
        other.err.contains("--offsets was `bytes`, is `chars`"),
        "{other:?}"
    );
}

#[test]
fn mistakes_in_a_settings_file_are_told() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    for (file, told) in [
        (
            "[extract]\nthread = 2\n",
            "dehusk.toml:2: unknown setting `thread` of [extract]; did you mean `threads`?",
        ),
        (
            "\n[extract]\nfrom = \"pdf\"\n",
            "dehusk.toml:3: from: `pdf` is none of auto, text, jsonl, html, warc, wet, parquet",
        ),
        (
            "[extract]\nthreads = \"many\"\n",
            "dehusk.toml:2: threads: must be a number",
        ),
        (
            "[extract]\noutput = \"x\"\n",
            "dehusk.toml:2: `output` can only be typed",
        ),
    ] {
        dir.file("dehusk.toml", file);
        let run = dir.run("extract a.txt").exits(2);
        assert_eq!(run.out, "");
        assert!(run.err.starts_with(&format!("dehusk: {told}")), "{run:?}");
        dir.run("config").exits(2);
        // Commands without settings do not care.
        dir.run("rules list").exits(0);
    }
}

#[test]
fn config_shows_values_and_origins() {
    let dir = Dir::new();
    dir.file("dehusk.toml", "[extract]\n# a comment\nwith-text = true\nkeep = [\"标题\", 'b']\n\n[train]\nprior = 1.5\n");
    let shown = dir
        .run("config extract --threads 2 --no-with-text crawl/")
        .exits(0)
        .out;
    let has = |line: &str| {
        let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            shown.lines().any(|shown| squeezed(shown) == line),
            "{line}\n{shown}"
        );
    };
    has("[extract]");
    has("threads = 2 # command line");
    has("with-text = false # command line");
    has("keep = [\"标题\",\"b\"] # dehusk.toml:4");
    has("text-field = \"text\" # default");
    has("# weights is not set # default");
    assert!(!shown.contains("[train]"));
    let json = dir.run("config --json").exits(0).out;
    let json: Value = serde_json::from_str(&json).unwrap();
    let prior = &json["settings"]["train"]["prior"];
    assert_eq!(
        (&prior["value"], &prior["origin"]),
        (&1.5.into(), &"dehusk.toml:7".into())
    );
    assert_eq!(json["settings"]["extract"]["threads"]["value"], Value::Null);
    // What is shown is a settings file that says the same.
    let all = dir.run("config").exits(0).out;
    dir.file("dehusk.toml", &all);
    let again = dir.run("config --json").exits(0).out;
    let again: Value = serde_json::from_str(&again).unwrap();
    for (command, settings) in json["settings"].as_object().unwrap() {
        for (name, held) in settings.as_object().unwrap() {
            assert_eq!(
                again["settings"][command][name]["value"], held["value"],
                "{command} {name}"
            );
        }
    }
    assert!(
        dir.run("config rules list")
            .exits(2)
            .err
            .contains("`rules` has no settings")
    );
}

// ---- names and values that are not ASCII

#[test]
fn chinese_names_and_arguments() {
    let dir = Dir::new();
    dir.file(
        "抓取/第一页.jsonl.gz",
        "{\"正文\":\"薄荷好养。\",\"编号\":\"甲\",\"标题\":\"薄荷\"}\n",
    );
    dir.file("抓取/缺.jsonl", "{\"正文\":1}\n");
    let run = dir
        .run("extract 抓取 --text-field 正文 --id-field 编号 --keep 标题 -o 结果.jsonl --errors 失败.jsonl")
        .exits(1);
    assert!(
        run.err
            .contains("抓取/缺.jsonl: record 0, byte 0: field `正文` is a number"),
        "{run:?}"
    );
    let record = &kit::records(&dir.read("结果.jsonl"))[0];
    assert_eq!(
        (&record["id"], &record["input"]["标题"]),
        (&"甲".into(), &"薄荷".into())
    );
    assert_eq!(record["source"]["path"], "抓取/第一页.jsonl.gz");
    dir.run("extract 抓取 --text-field 正文 --out-dir 输出 --errors 错误 --summary 总计.json")
        .exits(1);
    assert!(
        dir.read("输出/缺.jsonl.manifest.json")
            .contains("抓取/缺.jsonl")
    );
    dir.file("列表.txt", "抓取/第一页.jsonl.gz\n");
    let listed = dir
        .run("extract --files-from 列表.txt --text-field 正文 --config /dev/null")
        .exits(0);
    assert_eq!(listed.records().len(), 1);
    let wrong = dir.run("extract 没有.jsonl").exits(2);
    assert!(wrong.err.contains("没有.jsonl: "), "{wrong:?}");
}

#[test]
fn names_between_commas_are_trimmed() {
    let dir = Dir::new();
    dir.file("a.jsonl", "{\"text\":\"x\",\"s\":1,\"n\":2}\n");
    let run = shell(
        dir.path(),
        "sh",
        "dehusk extract -q a.jsonl --keep 's, n' --fields ' id ,input'",
    );
    let shown = String::from_utf8(run.stdout).unwrap();
    assert_eq!(
        shown,
        "{\"id\":\"a.jsonl#0\",\"input\":{\"s\":1,\"n\":2}}\n"
    );
    let empty = dir.run("extract a.jsonl --keep s,,n").exits(2);
    assert!(empty.err.contains("an empty name"), "{empty:?}");
}

// ---- what is said of mistakes

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let dir = Dir::new();
    dir.file("a\u{1b}[2J\u{202e}\n.jsonl", "{}\n");
    let run = dir.run("extract .").exits(1);
    assert!(!run.err.contains(['\u{1b}', '\u{202e}']), "{run:?}");
    assert!(
        run.err.contains("./a␛[2J<U+202E>␊.jsonl: record 0"),
        "{run:?}"
    );
}

#[test]
fn an_output_is_what_its_name_says() {
    let dir = Dir::new();
    dir.file("a.txt", "x");
    for (output, told) in [
        ("o.csv", ".csv names no format; end the name in .jsonl,"),
        ("o.csv.gz", ".csv names no format"),
        (
            "o.jsonl.xz",
            ".xz can be read, not written; end the name in .gz or .zst",
        ),
        ("o.bz2", ".bz2 can be read, not written"),
    ] {
        let run = dir.run(&format!("extract a.txt -o {output}")).exits(2);
        assert!(run.err.contains(told), "{output}: {run:?}");
        assert_eq!(dir.names(), ["a.txt"]);
    }
    for good in [
        "o.csv --to jsonl",
        "records",
        "r.gz",
        "n.ndjson",
        "/dev/null",
    ] {
        dir.run(&format!("extract a.txt -o {good}")).exits(0);
    }
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let dir = Dir::new();
    dir.file("a.txt", "一页正文\n");
    dir.file("a.jsonl", "{\"content\":\"x\"}\n");
    dir.file("records.jsonl", "{\"id\":\"a\"}\n");
    dir.file("gold/one.marked", "body\tx\n");
    for (line, status, told) in [
        ("extrat a.txt", 2, "similar"),
        ("extract --txt-field content a.jsonl", 2, "--text-field"),
        ("extract --from json a.jsonl", 2, "jsonl"),
        ("extract a.jsonl", 1, "--text-field"),
        (
            "extract --from jsonl a.txt",
            1,
            "the input is not what --from says",
        ),
        ("extract --threads 0 a.txt", 2, "not a number from 1 up"),
        ("extract -", 0, "there was nothing to read"),
        ("extract missing.txt", 2, "missing.txt: "),
        (
            "extract a.txt -o nowhere/o.jsonl",
            2,
            "there is no directory nowhere; make it first",
        ),
        ("extract a.txt -o gold", 2, "is a directory"),
        (
            "extract a.txt --out-dir a.txt",
            2,
            "a.txt is a file; give a directory",
        ),
        ("extract a.txt --rules missing.txt", 2, "missing.txt: "),
        ("extract a.txt --weights a.txt", 2, "dehusk train"),
        ("extract a.txt --fields titel", 2, "there are: schema, id,"),
        ("eval nowhere records.jsonl", 2, "nowhere: "),
        (
            "eval gold records.jsonl",
            0,
            "no record belongs to a labelled page",
        ),
        (
            "eval gold a.txt",
            2,
            "a.txt:1: no JSON object; records are JSON lines",
        ),
        ("eval gold missing.jsonl", 2, "missing.jsonl: "),
        ("train nowhere -o w", 2, "nowhere: "),
        (
            "train gold gold -o w",
            2,
            "two labelled pages are called one, in gold and in gold; rename one",
        ),
        ("rules show zh", 2, "there are: "),
    ] {
        let run = dir.run(line).exits(status);
        assert!(run.err.contains(told), "{line}\n{}", run.err);
    }
}

// ---- progress

#[test]
fn progress_tells_rates_and_what_is_left() {
    let dir = Dir::new();
    let pages: String = (0..30_000)
        .map(|n| line(&n.to_string(), "薄荷好养,却也容易徒长。"))
        .collect();
    dir.file("a.jsonl", &pages);
    for (line, known) in [
        ("extract a.jsonl --progress always", true),
        ("extract --progress always", false),
    ] {
        let mut child = dir.start(line);
        let mut stdin = child.stdin.take().unwrap();
        let feed = pages.clone();
        let feeder = std::thread::spawn(move || {
            drop(std::io::Write::write_all(&mut stdin, feed.as_bytes()))
        });
        // Nobody reads, so the run waits until the time for a word has come.
        std::thread::sleep(Duration::from_secs(4));
        let mut out = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        let progress = said.lines().next().unwrap();
        assert!(said.lines().count() >= 2, "{said}");
        for part in [" pages, 0 failed, ", " MB in ", " pages/s, ", " MB/s"] {
            assert!(progress.contains(part), "{progress}");
        }
        assert_eq!(
            progress.contains(" %, ") && progress.ends_with(" left"),
            known,
            "{progress}"
        );
    }
}
