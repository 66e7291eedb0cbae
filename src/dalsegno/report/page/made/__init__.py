"""What stands on the page of one model: a line on what it is, the settings that it was made with, and what it cost."""
