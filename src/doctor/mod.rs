//! The story of `wharf doctor`: gather facts about this host, judge them, say what to do.
