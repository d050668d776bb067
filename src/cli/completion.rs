//! `portcullis completion`.

use std::io::Write;

use clap_complete::Shell;

// For which shell, and how the script gets where that shell looks.
#[derive(clap::Args)]
#[command(after_help = "For example, for the shell at hand:\n  \
    bash: portcullis completion bash > ~/.local/share/bash-completion/completions/portcullis\n  \
    zsh:  portcullis completion zsh > \"${fpath[1]}/_portcullis\"\n  \
    fish: portcullis completion fish > ~/.config/fish/completions/portcullis.fish")]
pub(super) struct Arguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(arguments: &Arguments) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut super::parser(), "portcullis", &mut script);
    // A reader that has gone is no failure.
    std::io::stdout().write_all(&script).ok();
}
