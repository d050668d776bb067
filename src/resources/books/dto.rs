//! Books on the wire of `/api/v1`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Book, BookChange, BookDraft, BookFilter, LONGEST_TITLE_KEY, SortBy};
use crate::base::{Change, Check, Direction, Id, Input, Result, Timestamp, text};
use crate::http::Query;
use crate::http::upload::Form;

const LONGEST_TITLE: usize = 200;
const LONGEST_DESCRIPTION: usize = 10_000;
const LONGEST_CATEGORY: usize = 200;
const LONGEST_SEARCH: usize = 200;

/// The text parts of a form that makes a book.
pub(super) const TEXTS: [&str; 3] = ["title", "description", "category"];
/// The part that carries the picture.
pub(super) const COVER: &str = "cover";

/// A new book.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CreateBook {
    /// What it is called; no two books of yours have the same title, whatever its case.
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    #[serde(default)]
    title: Input<String>,
    /// More about it; lines and tabs are kept.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    #[serde(default)]
    description: Input<String>,
    /// One of the categories of this server.
    #[schema(value_type = String, required, example = "science")]
    #[serde(default)]
    category: Input<String>,
}

/// A new book with its cover.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form is read part by part; this describes it")]
pub(super) struct CreateBookForm {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// More about it.
    #[schema(max_length = 10_000)]
    description: Option<String>,
    /// One of the categories of this server.
    category: String,
    /// A PNG, JPEG, GIF or WebP picture.
    #[schema(value_type = Option<String>, format = Binary)]
    cover: Option<Vec<u8>>,
}

/// A cover as a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form is read part by part; this describes it")]
pub(super) struct CoverForm {
    /// A PNG, JPEG, GIF or WebP picture.
    #[schema(value_type = String, format = Binary)]
    cover: Vec<u8>,
}

impl CreateBook {
    pub(super) fn of_form(form: &mut Form) -> Self {
        Self::new(form.text("title"), form.text("description"), form.text("category"))
    }

    /// What came otherwise than in a JSON body.
    pub fn new(title: Input<String>, description: Input<String>, category: Input<String>) -> Self {
        Self { title, description, category }
    }

    /// The book to be made.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_draft(self, categories: &[String]) -> Result<BookDraft> {
        let mut check = Check::new();
        let title =
            check.required("title", "a text", self.title).and_then(|title| check_title(&mut check, &title));
        let description = check.optional("description", "a text", self.description).value();
        let description = description.and_then(|text| check.lines("description", &text, LONGEST_DESCRIPTION));
        let category = check
            .required("category", "a text", self.category)
            .and_then(|category| known(&mut check, &category, categories));
        let draft = title.zip(category).map(|(title, category)| BookDraft {
            title,
            description: description.unwrap_or_default(),
            category,
        });
        check.finish(draft)
    }
}

/// Titles that would be compared by a part of them only are too long as well.
fn check_title(check: &mut Check, title: &str) -> Option<String> {
    let title = check.line("title", title, 1, LONGEST_TITLE)?;
    if text::fold(&title).chars().count() > LONGEST_TITLE_KEY {
        check.refuse("title", "too_long", "title has too many letters that stand for several.");
        return None;
    }
    Some(title)
}

fn known(check: &mut Check, category: &str, categories: &[String]) -> Option<String> {
    let category = category.trim();
    if categories.iter().any(|known| known == category) {
        return Some(category.to_owned());
    }
    check.refuse("category", "unknown_value", format!("category must be one of: {}.", categories.join(", ")));
    None
}

/// Changes to a book: only the fields sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ChangeBook {
    /// What it is called.
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 200)]
    #[serde(default)]
    title: Input<String>,
    /// More about it; `null` clears it.
    #[schema(value_type = Option<String>, max_length = 10_000)]
    #[serde(default)]
    description: Input<String>,
    /// One of the categories of this server.
    #[schema(value_type = Option<String>, nullable = false)]
    #[serde(default)]
    category: Input<String>,
}

impl ChangeBook {
    /// What came otherwise than in a JSON body.
    pub fn new(title: Input<String>, description: Input<String>, category: Input<String>) -> Self {
        Self { title, description, category }
    }

    /// The changes to be made.
    ///
    /// # Errors
    /// `request.invalid` with one entry for each wrong field.
    pub fn into_change(self, categories: &[String]) -> Result<BookChange> {
        let mut check = Check::new();
        let title =
            check.not_null("title", "a text", self.title).and_then(|title| check_title(&mut check, &title));
        let description = match check.optional("description", "a text", self.description) {
            Change::Keep => None,
            Change::Clear => Some(String::new()),
            Change::Set(text) => check.lines("description", &text, LONGEST_DESCRIPTION),
        };
        let category = check
            .not_null("category", "a text", self.category)
            .and_then(|category| known(&mut check, &category, categories));
        check.finish(Some(BookChange { title, description, category }))
    }
}

/// A book.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BookView {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: Id,
    /// What it is called.
    title: String,
    /// More about it.
    description: String,
    /// What kind of book it is.
    category: String,
    /// Its cover.
    #[schema(required)]
    cover: Option<CoverView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// A book's cover.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CoverView {
    /// The picture within 150 x 150 pixels, for whoever knows the address; another one after each replacement.
    #[schema(format = "uri")]
    thumbnail_url: String,
    /// The picture in full size, with an access token; another address after each replacement.
    #[schema(format = "uri")]
    original_url: String,
    /// Columns of the picture in full size.
    width: u32,
    /// Rows of the picture in full size.
    height: u32,
    /// Its length.
    bytes: u64,
    /// Its media type.
    content_type: &'static str,
}

impl BookView {
    /// The book as those see it who reach the server under `public_url`.
    pub(super) fn new(book: Book, public_url: &str) -> Self {
        let cover = book.cover.zip(book.thumbnail_url(public_url)).map(|(cover, thumbnail_url)| CoverView {
            thumbnail_url,
            original_url: format!(
                "{public_url}/api/v1/books/{}/cover?size=original&v={}",
                book.id,
                super::model::content_version(&cover)
            ),
            width: cover.width,
            height: cover.height,
            bytes: cover.bytes,
            content_type: cover.original.format().media_type(),
        });
        Self {
            id: book.id,
            title: book.title,
            description: book.description,
            category: book.category,
            cover,
            created_at: book.created_at,
            updated_at: book.updated_at,
        }
    }
}

/// What a list request asks for besides its page.
#[derive(Debug)]
pub(super) struct ListRequest {
    pub owner: Option<Id>,
    pub filter: BookFilter,
}

impl ListRequest {
    pub(super) fn take(query: &mut Query) -> Self {
        let sorts = [
            ("created_at", (SortBy::CreatedAt, Direction::Ascending)),
            ("-created_at", (SortBy::CreatedAt, Direction::Descending)),
            ("title", (SortBy::Title, Direction::Ascending)),
            ("-title", (SortBy::Title, Direction::Descending)),
        ];
        // Any text: books keep a category that was taken off the list.
        let category = query
            .text("category")
            .and_then(|category| query.check.line("category", &category, 1, LONGEST_CATEGORY));
        let search = query.text("q").and_then(|words| query.check.line("q", &words, 0, LONGEST_SEARCH));
        let (sort, direction) = query.choice("sort", &sorts).unwrap_or(sorts[0].1);
        let owner = query.text("owner").and_then(|text| {
            let id = text.parse().ok();
            if id.is_none() {
                query.check.refuse("owner", "malformed", "owner must be an account's id.");
            }
            id
        });
        let search = search.filter(|words| !words.is_empty()).map(|words| text::fold(&words));
        Self { owner, filter: BookFilter { category, search, sort, direction } }
    }
}

/// Which picture of a cover is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Thumbnail,
    Original,
}

impl Size {
    pub(super) const CHOICES: [(&'static str, Self); 2] =
        [("thumbnail", Self::Thumbnail), ("original", Self::Original)];
}
