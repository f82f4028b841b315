"""The command line: one file per noun. Commands hold no rules, they call services and print."""
