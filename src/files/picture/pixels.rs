//! Decoded pixels: eight bits a channel, in one of three layouts.

/// What stands for one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Grey,
    Rgb,
    Rgba,
}

impl Layout {
    pub(super) const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A picture in memory.
pub(super) struct Pixels {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) layout: Layout,
    /// Row by row without gaps.
    pub(super) data: Vec<u8>,
}

impl Pixels {
    /// Leaves the fourth channel out where it says nothing.
    pub(super) fn without_idle_alpha(mut self) -> Self {
        if self.layout == Layout::Rgba && self.data.chunks_exact(4).all(|pixel| pixel[3] == u8::MAX) {
            let count = self.data.len() / 4;
            for index in 0..count {
                self.data.copy_within(index * 4..index * 4 + 3, index * 3);
            }
            self.data.truncate(count * 3);
            self.layout = Layout::Rgb;
        }
        self
    }

    /// Turned as the camera was held (the orientation of EXIF).
    pub(super) fn upright(self, orientation: image::metadata::Orientation) -> Self {
        use image::{DynamicImage, GrayImage, RgbImage, RgbaImage, metadata::Orientation};

        const WHOLE: &str = "the pixels fill the picture";
        if orientation == Orientation::NoTransforms {
            return self;
        }
        let Self { width, height, layout, data } = self;
        let mut picture = match layout {
            Layout::Grey => DynamicImage::from(GrayImage::from_raw(width, height, data).expect(WHOLE)),
            Layout::Rgb => DynamicImage::from(RgbImage::from_raw(width, height, data).expect(WHOLE)),
            Layout::Rgba => DynamicImage::from(RgbaImage::from_raw(width, height, data).expect(WHOLE)),
        };
        picture.apply_orientation(orientation);
        let (width, height) = (picture.width(), picture.height());
        Self { width, height, layout, data: picture.into_bytes() }
    }
}
