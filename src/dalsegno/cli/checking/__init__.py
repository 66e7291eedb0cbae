"""What `dalsegno check` looks at, before anything is installed or computed: each file is one kind of fault. Nothing is changed."""
