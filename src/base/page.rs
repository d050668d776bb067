//! Pages of a list, by key rather than by offset: adding and removing rows moves nobody's place.

/// Which way a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// A place in a list: the sort key's value and, for equal ones, the row's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The value that the list is sorted by.
    pub sort: SortValue,
    /// The row's integer key.
    pub key: i64,
}

/// The value of a sort column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortValue {
    /// A time or another number.
    Number(i64),
    /// A folded text.
    Text(String),
}

/// Which page is asked for.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// How many items at most, 1 to 100.
    pub limit: u32,
    /// Behind which place the page begins; `None` is the beginning.
    pub after: Option<Position>,
    /// Whether to count all matching rows as well.
    pub total: bool,
}

/// Which page is asked for by its number, in a list that is counted: for contracts that know no cursors.
#[derive(Clone, Copy, Debug)]
pub struct NumberedPageRequest {
    /// From 1.
    pub number: u32,
    /// How many items a page has, 1 to 100.
    pub size: u32,
}

impl NumberedPageRequest {
    /// How many items stand before the page.
    pub fn offset(&self) -> i64 {
        (i64::from(self.number) - 1).max(0) * i64::from(self.size)
    }

    /// How many pages `total` items fill.
    pub fn pages(&self, total: i64) -> i64 {
        let size = i64::from(self.size.max(1));
        (total + size - 1) / size
    }
}

/// One page of a numbered list.
#[derive(Clone, Debug)]
pub struct NumberedPage<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// How many rows there are in all.
    pub total: i64,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows, in order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` when this is the last.
    pub next: Option<Position>,
    /// How many rows match in all, when asked for.
    pub total: Option<i64>,
}

impl<T> Page<T> {
    /// Cuts a page out of `limit + 1` rows: the extra one only tells that there is more.
    pub fn cut(mut rows: Vec<T>, limit: u32, total: Option<i64>, position: impl Fn(&T) -> Position) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(position) } else { None };
        Self { items: rows, next, total }
    }
}
