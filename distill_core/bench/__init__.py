"""How fast the workbench trains, beside the loop people write and beside the best one written by hand."""
