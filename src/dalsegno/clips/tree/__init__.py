"""The folder of a data set: its files, their names and labels, the groups that people state. Nothing is decoded here."""
