//! The story of a definition from elsewhere: placed on this host, its unit restarted, and put back when it fails.
