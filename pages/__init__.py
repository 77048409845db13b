"""What the user sees: one file a page, in the order of the work; `components` holds what pages share."""
