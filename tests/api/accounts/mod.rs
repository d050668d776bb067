//! Tests of this folder's name.
