"""The pipeline that turns stored feedback into training files.

`selection.rows` reads feedback joined to its predictions, `example.build` makes each row an
example, a format writes that as its trainer wants it, `dataset.Writer` puts it on the disk. Each
stage is an iterator over the one before it: nothing holds the data set.
"""
