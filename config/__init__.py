"""What a city edits: settings, city data and policies."""
