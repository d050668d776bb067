//! `portcullis doctor`.

use super::output::{Form, print_json, printable};
use super::{FAILED, Failure, block_on, say};
use crate::base::{Clock, SystemClock};
use crate::config::{Sources, load};
use crate::operations::doctor::{self, Finding, Grade};
use crate::wiring;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    form: Form,
}

pub(super) fn run(arguments: &Arguments, sources: Sources) -> Result<(), Failure> {
    let findings = match load(sources) {
        Ok(loaded) => {
            let refused = wiring::check(&loaded.config);
            block_on(doctor::examine(&loaded, &refused, SystemClock.now()))?
        }
        Err(problems) => doctor::unreadable(problems.iter().map(ToString::to_string)),
    };
    let count = |grade| findings.iter().filter(|finding| finding.grade == grade).count();
    let (problems, warnings) = (count(Grade::Problem), count(Grade::Warning));
    if arguments.form.is_json() {
        print_json(&findings);
    } else {
        findings.iter().for_each(print);
        say(format_args!("{}, {}.", counted(problems, "problem"), counted(warnings, "warning")));
    }
    match problems {
        0 => Ok(()),
        _ => Err(Failure { message: format!("{} found.", counted(problems, "problem")), code: FAILED }),
    }
}

fn print(finding: &Finding) {
    let (grade, area) = (finding.grade.as_str(), finding.area);
    say(format_args!("{grade:<8} {area:<13} {}", printable(&finding.found)));
    if let Some(advice) = &finding.advice {
        say(format_args!("{:<22} -> {}", "", printable(advice)));
    }
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
