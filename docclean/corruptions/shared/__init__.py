"""What several corruptions share: strokes, fields, cuts."""
