//! From a row to a letter.

use super::message::letter;
use super::rendering::Offer;
use super::store::Claimed;
use super::{Fault, Letter, Mail, Refusal, Template};

impl Mail {
    /// Makes the letter of a claimed row, with a fresh proof where its kind has one.
    pub(super) fn compose(&self, row: &Claimed) -> Result<Letter, Refusal> {
        let later = |words: String| Refusal { fault: Fault::Later, words };
        // A node that is older than the one that queued it leaves it to that one.
        let template = Template::named(&row.template)
            .ok_or_else(|| later(format!("this version knows no template {}", row.template)))?;
        let variables = row.variables.as_deref().unwrap_or("{}");
        let variables = serde_json::from_str(variables).map_err(|error| later(error.to_string()))?;
        let rendered =
            self.setup.templates.render(template, &variables, &self.offer(template, row)?).map_err(later)?;
        letter(row.id, row.created_at, &self.setup.sender, &row.recipient, rendered)
            .map_err(|words| Refusal { fault: Fault::Never, words })
    }

    fn offer(&self, template: Template, row: &Claimed) -> Result<Offer, Refusal> {
        let Some(page) = template.page() else { return Ok(Offer::default()) };
        let Some(base) = &self.setup.links else {
            let words = "server.public_url is not set, so the mail can have no link".into();
            return Err(Refusal { fault: Fault::Later, words });
        };
        let proof = (self.prove)(template, row.id);
        Ok(Offer {
            link: format!("{base}{page}?token={}", proof.token),
            code: proof.code,
            hours: template.lifetime().as_secs() / 3600,
        })
    }
}
