"""The textbooks' auto-encoders."""
