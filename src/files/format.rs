//! The formats in which pictures are kept.

/// What a stored picture is encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Photographs.
    Jpeg,
    /// Everything else in full size.
    Png,
    /// Thumbnails that can be seen through.
    WebP,
}

impl Format {
    const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::WebP];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }
}
