"""Pages of the site that are made from what the library holds."""
