"""Question answering over a folder of articles: every sentence cited to the exact words of an article."""
