//! Whether mails leave, as far as the settings tell. Nobody is written to.

use super::Findings;
use crate::config::Config;
use crate::mail::Setup;

const AREA: &str = "mail";

pub(super) fn examine(config: &Config, found: &mut Findings) {
    let Setup { transport, problems, .. } = Setup::read(config, None);
    // The public address is looked at where addresses are.
    for problem in problems.into_iter().filter(|problem| problem.setting != "server.public_url") {
        let advice = "correct the setting; until then mails wait, or look other than meant";
        found.warning(AREA, problem.words, advice);
    }
    found.otherwise_ok(AREA, transport.describe());
}
