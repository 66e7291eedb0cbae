"""The synthetic default data: styles to classify and notes to pretrain on. Nothing else imports this room."""
