//! What has just happened, told on the next page. The address names it by a word, so that nobody else can put sentences there.

const NOTICES: [(&str, &str); 14] = [
    ("registered", "Your account is ready. Sign in."),
    (
        "registered-mail",
        "Your account is ready. A mail is on its way to you: please confirm your address. You can sign in already.",
    ),
    ("registered-pending", "Your account was made, and waits for an administrator to approve it."),
    (
        "registered-look",
        "A mail is on its way to you. Open its link, or type its code here; then you can sign in.",
    ),
    (
        "registered-look-pending",
        "A mail is on its way to you. Open its link, or type its code here. Then your account waits for an administrator to \
         approve it.",
    ),
    (
        "mail-sent",
        "If an account has this address, a mail is on its way to it. Open its link, or type its code here.",
    ),
    ("verified", "Thank you. The address is confirmed."),
    ("address-asked", "A mail is on its way to the new address. Until you confirm it, the old one stays."),
    ("password-changed", "Your password is changed. Your other sessions have ended."),
    ("password-set", "Your new password is set, and every session has ended. Sign in with it."),
    ("session-ended", "The session has ended."),
    ("sessions-ended", "All your other sessions have ended."),
    ("signed-out", "You are signed out."),
    ("deleted", "Your account is deleted."),
];

/// The sentence of a word, if it is one of ours.
pub(super) fn notice(word: Option<&str>) -> Option<&'static str> {
    NOTICES.iter().find(|(known, _)| Some(*known) == word).map(|(_, sentence)| *sentence)
}
