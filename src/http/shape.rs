//! Doors whose errors do not look like problem documents: which they are, and what their paths are.

use axum::response::Response;

use crate::base::Error;

/// How a door words an error on its wire: status, headers of its own, body.
pub type Shape = fn(&Error) -> Response;

/// A door that speaks for every path below its own, known or unknown.
#[derive(Clone, Debug)]
pub struct Face {
    /// Its name, for people.
    pub name: &'static str,
    /// Where it stands, without a final slash; empty for the root.
    pub path: String,
    /// How it words errors.
    pub shape: Shape,
    /// Whether it answers at `/`, where otherwise we greet.
    pub greets: bool,
}

/// Paths that stay ours whatever doors are opened: nothing else may stand at them or below.
pub const HOUSE: &[&str] = &[
    "/account",
    "/api/v1",
    "/docs",
    "/assets",
    "/healthz",
    "/readyz",
    "/metrics",
    "/authz",
    "/console",
    "/.well-known",
];

/// An error that a handler has put into words itself, in an answer's extensions: there for the log, and not rendered.
#[derive(Clone)]
pub struct Told(pub Error);

/// Whether a path is `top` or below it.
pub fn is_below(top: &str, path: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Which shape a path speaks.
pub(super) struct Shapes(Vec<Face>);

impl Shapes {
    pub(super) fn new(mut faces: Vec<Face>) -> Self {
        faces.sort_by_key(|face| std::cmp::Reverse(face.path.len()));
        Self(faces)
    }

    /// `None`: problem documents.
    pub(super) fn of(&self, path: &str) -> Option<Shape> {
        let face = self.0.iter().find(|face| is_below(&face.path, path))?;
        // Where one of our own doors stands, it speaks; all others leave these paths to us.
        let house = HOUSE.iter().find(|house| is_below(house, path));
        house.is_none_or(|house| *house == face.path).then_some(face.shape)
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    fn root(error: &Error) -> Response {
        error.clone().into_response()
    }

    fn old(error: &Error) -> Response {
        error.clone().into_response()
    }

    #[test]
    fn a_path_speaks_the_shape_of_the_nearest_door_and_ours_stay_ours() {
        let face = |path: &str, shape| Face { name: "x", path: path.into(), shape, greets: false };
        let shapes = Shapes::new(vec![face("", root), face("/old", old), face("/account", old)]);
        let same = |found: Option<Shape>, wanted: Shape| {
            found.is_some_and(|found| std::ptr::fn_addr_eq(found, wanted))
        };
        for path in ["/", "/nowhere", "/older", "/api", "/api/data", "/docsx"] {
            assert!(same(shapes.of(path), root), "{path}");
        }
        for path in ["/old", "/old/", "/old/nowhere", "/account", "/account/nowhere"] {
            assert!(same(shapes.of(path), old), "{path}");
        }
        for path in ["/api/v1", "/api/v1/tasks", "/docs", "/docs/x", "/healthz", "/.well-known/x"] {
            assert!(shapes.of(path).is_none(), "{path}");
        }
        assert!(Shapes::new(Vec::new()).of("/").is_none());
        assert!(Shapes::new(vec![face("", root)]).of("/account").is_none());
    }
}
