//! The README's console sessions are run, and what they show is compared.
#![cfg(feature = "cli")]

use std::path::Path;
use std::process::Command;

/// Commands and their outputs in the README's `console` blocks.
fn sessions(text: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            sessions.push((command.to_owned(), String::new()));
        } else if let Some((_, output)) = sessions.last_mut().filter(|_| inside) {
            output.push_str(line);
            output.push('\n');
        }
    }
    sessions
}

#[test]
fn console_sessions_show_what_happens() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_dehusk"));
    let mut path = vec![program.parent().unwrap().to_owned()];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let sessions = sessions(&readme);
    assert!(sessions.len() >= 4, "the README has lost its sessions");
    for (command, expected) in sessions {
        let output = Command::new("sh")
            .args(["-c", &command])
            .current_dir(root)
            .env("PATH", std::env::join_paths(&path).unwrap())
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown, expected, "$ {command}");
        assert!(output.status.success(), "$ {command}");
    }
}
