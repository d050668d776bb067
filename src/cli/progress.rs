//! A bar on a terminal for each stage of something long; nothing elsewhere.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::operations::backup::{Progress, Watch};

/// What shows work on standard error, if that is a terminal.
pub(super) fn watch() -> Watch {
    let style = ProgressStyle::with_template("{msg:22} {bar:40} {bytes:>10} of {total_bytes}")
        .expect("the template is well-formed");
    let shown = Mutex::new(None::<(&'static str, ProgressBar)>);
    Watch::showing(move |Progress { stage, done, total }| {
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        match &*shown {
            Some((current, bar)) if *current == stage => bar.set_position(done),
            _ => {
                // Takes the bar of the stage before off the screen first.
                *shown = None;
                // Draws nothing where standard error is no terminal.
                let bar = ProgressBar::new(total).with_style(style.clone()).with_message(stage);
                bar.set_position(done);
                bar.tick();
                *shown = Some((stage, bar));
            }
        }
    })
}
