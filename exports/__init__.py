"""The pipeline that turns stored feedback into training files.

`selection.rows` reads feedback joined to its predictions, `example.build` makes each row an
example, a format shapes that as its trainer wants it, `dataset` and `directory` put it on the disk.
A row goes through before the next one is read: nothing holds the data set.
"""
