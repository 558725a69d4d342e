"""One module for each family of sources; each turns a source into a `Table`."""
