"""Parts of the page that advises."""
