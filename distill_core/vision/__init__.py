"""Images: data sets, a ladder of students, teachers, and batches."""
