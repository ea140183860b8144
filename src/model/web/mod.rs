//! The page's nouns: who looks, what they may, and what every page is drawn with and about.

pub mod act;
pub mod asset;
pub mod footing;
pub mod frame;
pub mod live;
pub mod shown;
pub mod sum;
pub mod viewer;
