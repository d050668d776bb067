//! `portcullis mail …`. It may run while the server runs, which notices what it changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::output::{Column, Form, print_json};
use super::{Failure, attach, block_on, logging, say};
use crate::app::App;
use crate::base::{Caller, Id, PageRequest, Permission, ReadsMails, Timestamp};
use crate::config::{Config, Loaded};
use crate::mail::{Filter, MailState, Setup, StoredMail, Template, Templates};
use crate::resources::mails;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List the newest mails.
    List {
        /// Only those in this state: queued, sent, failed or dropped.
        #[arg(long, value_parser = state)]
        state: Option<MailState>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        form: Form,
    },
    /// Show all that is kept of a mail. What would prove that it was read is made when it is sent, and kept nowhere.
    Show {
        /// The mail's id.
        #[arg(value_name = "ID")]
        id: Id,
    },
    /// Try a failed or waiting mail again now.
    Retry {
        /// The mail's id.
        #[arg(value_name = "ID", required_unless_present = "failed")]
        id: Option<Id>,
        /// All failed mails.
        #[arg(long, conflicts_with = "id")]
        failed: bool,
    },
    /// Send a trial to an address, past the outbox, and print what is said between us and the server.
    Test {
        /// To whom.
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
    /// Fill a template with made-up values and write it as NAME.html and NAME.txt.
    Preview {
        /// Its name, such as welcome; `all` for every one.
        #[arg(value_name = "NAME")]
        name: String,
        /// In which language, if not in that of `mail.language`.
        #[arg(long, value_name = "LANGUAGE")]
        language: Option<String>,
        /// Into which folder.
        #[arg(long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
}

fn state(word: &str) -> Result<MailState, String> {
    word.parse()
}

pub(super) fn run(command: Command, loaded: Loaded) -> Result<(), Failure> {
    logging::start_quiet();
    if let Command::Preview { name, language, output } = command {
        return preview(&loaded.config, &name, language, &output);
    }
    block_on(async move {
        let app = attach(loaded.config).await?;
        let done = on(&app, command).await;
        app.db.close(Duration::from_secs(10));
        done
    })?
}

async fn on(app: &Arc<App>, command: Command) -> Result<(), Failure> {
    match command {
        Command::List { state, limit, form } => list(app, state, limit, form).await,
        Command::Show { id } => show(app, id).await,
        Command::Retry { id, .. } => retry(app, id).await,
        Command::Test { address } => test(app, &address).await,
        Command::Preview { name, language, output } => preview(&app.config, &name, language, &output),
    }
}

fn permission() -> Result<ReadsMails, Failure> {
    Ok(ReadsMails::of(Caller::command_line())?)
}

/// A mail for people and for programs.
#[derive(Serialize)]
struct Row {
    id: Id,
    template: String,
    recipient: String,
    account: Option<Id>,
    state: &'static str,
    attempts: i64,
    last_error: Option<String>,
    created_at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

impl From<StoredMail> for Row {
    fn from(mail: StoredMail) -> Self {
        Self {
            id: mail.id,
            template: mail.template,
            recipient: mail.recipient,
            account: mail.account,
            state: mail.state.as_str(),
            attempts: mail.attempts,
            last_error: mail.last_error,
            created_at: mail.created_at,
            next_attempt_at: mail.next_attempt_at,
            finished_at: mail.finished_at,
        }
    }
}

const COLUMNS: [Column<Row>; 6] = [
    ("ID", |row| row.id.to_string()),
    ("CREATED", |row| row.created_at.to_string()),
    ("STATE", |row| row.state.to_owned()),
    ("TRIES", |row| row.attempts.to_string()),
    ("TEMPLATE", |row| row.template.clone()),
    ("TO", |row| row.recipient.clone()),
];

async fn list(app: &Arc<App>, state: Option<MailState>, limit: u32, form: Form) -> Result<(), Failure> {
    let filter = Filter { state, ..Filter::default() };
    let page = PageRequest { limit, after: None, total: false };
    let found = mails::list(app, &permission()?, filter, page).await?.items;
    let rows: Vec<Row> = found.into_iter().map(Row::from).collect();
    form.print_list(&rows, &COLUMNS);
    Ok(())
}

/// All that is kept of a mail.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    row: Row,
    handed_over_at: Option<Timestamp>,
    variables: Value,
}

async fn show(app: &Arc<App>, id: Id) -> Result<(), Failure> {
    let mail = mails::read(app, &permission()?, id).await?.ok_or_else(|| unknown(id))?;
    let variables = mail.variables.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let (handed_over_at, variables) = (mail.handed_over_at, variables.unwrap_or_default());
    print_json(&Whole { row: mail.into(), handed_over_at, variables });
    Ok(())
}

fn unknown(id: Id) -> Failure {
    Failure::from(format!("There is no mail {id}; see: portcullis mail list"))
}

async fn retry(app: &Arc<App>, id: Option<Id>) -> Result<(), Failure> {
    let count = app.mail.retry(id).await?;
    if let (Some(id), 0) = (id, count) {
        let mail = mails::read(app, &permission()?, id).await?.ok_or_else(|| unknown(id))?;
        let state = mail.state.as_str();
        return Err(format!("This mail is {state}; only failed and waiting ones are tried again.").into());
    }
    say(format_args!("{count} queued; a running server sends them."));
    Ok(())
}

async fn test(app: &Arc<App>, address: &str) -> Result<(), Failure> {
    for problem in app.mail.problems() {
        eprintln!("portcullis: {}", problem.words);
    }
    match app.mail.trial(address, Arc::new(|line: &str| say(line))).await {
        Ok(answer) => {
            say(format_args!("Sent: {answer}"));
            Ok(())
        }
        Err(words) => Err(format!("The mail was not sent: {words}.").into()),
    }
}

fn preview(config: &Config, name: &str, language: Option<String>, folder: &Path) -> Result<(), Failure> {
    let wanted =
        if name == "all" { Template::ALL.to_vec() } else { Template::named(name).into_iter().collect() };
    if wanted.is_empty() {
        let names = Template::ALL.map(Template::name).join(", ");
        return Err(format!("There is no template {name}. There are: {names}.").into());
    }
    let Setup { templates, problems, .. } = Setup::read(config, None);
    for problem in problems.iter().filter(|problem| problem.setting.starts_with("mail.")) {
        eprintln!("portcullis: {}", problem.words);
    }
    let language = language.unwrap_or_else(|| templates.language().to_owned());
    for template in wanted {
        write(&templates, template, &language, folder)?;
    }
    Ok(())
}

fn write(templates: &Templates, template: Template, language: &str, folder: &Path) -> Result<(), Failure> {
    let rendered = templates.preview(template, language)?;
    let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
    for (suffix, content) in [("html", rendered.html), ("txt", text)] {
        let path = folder.join(format!("{}.{suffix}", template.name()));
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&path, content))
            .map_err(|error| format!("{} cannot be written: {error}.", path.display()))?;
        say(path.display());
    }
    Ok(())
}
