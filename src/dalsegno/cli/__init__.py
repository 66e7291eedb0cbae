"""What people type: the `dalsegno` command and its subcommands. Nothing else imports this room."""
