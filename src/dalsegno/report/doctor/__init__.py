"""What the data doctor found, for people: on a page and in the terminal. It examines nothing itself."""
