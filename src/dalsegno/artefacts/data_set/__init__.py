"""What is known of the data set: its clips, the copies among them, and the lists that its owner wrote."""
