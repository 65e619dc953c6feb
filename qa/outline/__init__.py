"""What the articles are about, without a question: digests, names, dates, a timeline. Made when first asked for.

outlines = Outlines(articles, index.vectors)
outlines.outline(article).digest              # its most central sentences
outlines.outline(article).people              # whom it names, each with a sentence
outlines.timeline()                           # every dated statement of all articles
"""

from qa.outline.outlines import Outlines

__all__ = ["Outlines"]
