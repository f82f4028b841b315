"""HTTP for people and programs: routes hold no rules, they ask the rooms below."""
