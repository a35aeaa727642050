"""What people are told: an event becomes notices in the app (later also mail, webhook, SMS)."""
