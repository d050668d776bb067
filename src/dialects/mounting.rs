//! Which dialects stand where, and that nothing stands in another's place.

use axum::Router;

use super::routes::Routes;
use super::{DIALECTS, Dialect};
use crate::config;
use crate::http::{Face, HOUSE, HttpState, is_below};

/// A dialect at its place.
pub struct Place {
    /// The dialect's name.
    pub name: &'static str,
    /// Where it stands, without a final slash; empty for the root.
    pub path: String,
    dialect: &'static Dialect,
}

/// The dialects that the configuration gives a place.
pub fn places(config: &config::Dialects) -> Vec<Place> {
    let place = |dialect: &'static Dialect| {
        let path = (dialect.path)(config)?.to_string();
        Some(Place { name: dialect.name, path, dialect })
    };
    DIALECTS.iter().filter_map(place).collect()
}

/// The routes of all dialects that have a place, and how each words errors.
pub fn mounted(config: &config::Dialects) -> (Router<HttpState>, Vec<Face>) {
    let (mut router, mut faces) = (Router::new(), Vec::new());
    for place in places(config) {
        let mut greets = false;
        for (path, methods) in place.routes().into_entries() {
            greets |= path == "/";
            router = router.route(&path, methods);
        }
        faces.push(Face { name: place.name, path: place.path, shape: place.dialect.shape, greets });
    }
    (router, faces)
}

/// Whether every dialect has its place for itself.
///
/// # Errors
/// A sentence for the operator that names both who want the same place.
pub fn check(config: &config::Dialects) -> Result<(), String> {
    let places = places(config);
    for (index, place) in places.iter().enumerate() {
        if let Some(house) = HOUSE.iter().find(|house| place.reaches(house)) {
            return Err(format!(
                "The dialect {place} would answer at {house}, where Portcullis itself answers. Give the dialect another \
                 path: --dialect {}=/{}.",
                place.name, place.name
            ));
        }
        if let Some(other) = places[..index].iter().find(|other| place.meets(other)) {
            return Err(format!(
                "The dialect {other} and the dialect {place} would answer at the same paths. Give one of them a path of \
                 its own: --dialect {}=/{}.",
                place.name, place.name
            ));
        }
    }
    Ok(())
}

impl Place {
    fn routes(&self) -> Routes {
        let mut routes = Routes::below(&self.path);
        (self.dialect.routes)(&mut routes);
        routes
    }

    /// Whether this dialect answers at `top` or below it. Below a path of its own it answers everything.
    fn reaches(&self, top: &str) -> bool {
        let owns = !self.path.is_empty() && (is_below(&self.path, top) || is_below(top, &self.path));
        owns || self.routes().into_entries().iter().any(|(pattern, _)| may_be_below(top, pattern))
    }

    fn meets(&self, other: &Self) -> bool {
        match (self.path.is_empty(), other.path.is_empty()) {
            (true, true) => true,
            (_, false) => self.reaches(&other.path),
            (false, true) => other.reaches(&self.path),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}/)", self.name, self.path)
    }
}

/// Whether some path that fits the pattern is `top` or below it.
fn may_be_below(top: &str, pattern: &str) -> bool {
    let mut segments = pattern.split('/');
    top.split('/')
        .all(|wanted| segments.next().is_some_and(|segment| segment == wanted || segment.starts_with('{')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_reaches_what_its_parameters_can_stand_for() {
        for (top, pattern, reached) in [
            ("/users", "/users/{id}", true),
            ("/users/7", "/users/{id}", true),
            ("/users/7/x", "/users/{id}", false),
            ("/user", "/users/", false),
            ("/api/v1", "/api/data", false),
            ("/docs", "/", false),
        ] {
            assert_eq!(may_be_below(top, pattern), reached, "{top} {pattern}");
        }
    }
}
