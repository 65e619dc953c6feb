"""The same question as other people would type it: lower case, misspelt, a few key words, other words."""

import random
import re

from qa.models.train.lexicon import WordNet
from qa.models.train.sources import tokens
from qa.text import STOP_WORDS, words

_QUESTION_WORDS = set("what who whom whose when where why which how many much did does do is are was were".split())
_REWRITES = [
    (r"^How many\b", ["What number of", "How large a number of"]),
    (r"^When did (.+)\?$", [r"On what date did \1?", r"At what time did \1?", r"In which year did \1?"]),
    (r"^When was (.+)\?$", [r"On what date was \1?", r"In what year was \1?"]),
    (r"^Where did (.+)\?$", [r"In what place did \1?", r"At which place did \1?"]),
    (r"^Why did (.+)\?$", [r"For what reason did \1?", r"What was the reason that \1?"]),
    (r"^Why (is|are|was|were) (.+)\?$", [r"For what reason \1 \2?", r"How come \2?"]),
    (r"^Who (was|is) (.+)\?$", [r"Which person \1 \2?", r"Name \2.", r"What is the name of \2?"]),
    (r"^Who (\w+ed) (.+)\?$", [r"By whom was \2 \1?", r"Which person \1 \2?"]),
    (r"^What (is|was) the (.+)\?$", [r"Which \1 the \2?", r"Name the \2.", r"The \2 \1 what?"]),
    (r"^(What|Who|When|Where|Why|How) (.+)\?$", [
        r"Can you tell me: \1 \2?", r"\1 exactly \2?", r"I would like to know: \1 \2?", r"Please say \1 \2.",
    ]),
]  # fmt: skip


def varied(question: str, wordnet: WordNet, shuffle: random.Random) -> str:
    """The question in another form; what it asks for stays the same."""
    draw = shuffle.random()
    if draw < 0.15:
        return question.rstrip("?. ")
    if draw < 0.4:
        return misspelt(question, shuffle)
    if draw < 0.62:
        return key_words(question, shuffle)
    if draw < 0.8:
        return rewritten(question, shuffle)
    return in_other_words(question, wordnet, shuffle)


def misspelt(question: str, shuffle: random.Random) -> str:
    """One or two letters of long words dropped, doubled, swapped with the next or replaced."""
    for _ in range(shuffle.randint(1, 2)):
        long = list(re.finditer(r"[A-Za-z]{5,}", question))
        if not long:
            return question
        word = shuffle.choice(long)
        at = shuffle.randrange(word.start() + 1, word.end() - 1)
        here, after = question[at], question[at + 1]
        typo = shuffle.choice(["", here * 2, after + here, shuffle.choice("abcdefghijklmnopqrstuvwxyz")])
        question = question[:at] + typo + question[at + (2 if typo == after + here else 1) :]
    return question


def key_words(question: str, shuffle: random.Random) -> str:
    """What somebody types into a search box; how many and who stay, since they say what is asked for."""
    kept = [word for word in words(question) if word.lower() not in STOP_WORDS]
    asks = re.match(r"(?:how (?:many|much|long|old)|when|where|who|why)\b", question, re.IGNORECASE)
    if asks and (shuffle.random() < 0.7 or len(kept) < 2):
        kept = [asks.group().lower(), *(word for word in kept if word.lower() not in asks.group().lower())]
    if len(kept) < 2:
        return question
    return " ".join(kept) + ("?" if shuffle.random() < 0.5 else "")


def rewritten(question: str, shuffle: random.Random) -> str:
    """By the first or the last template that fits."""
    fit = [(pattern, forms) for pattern, forms in _REWRITES if re.match(pattern, question)]
    if not fit:
        return question
    pattern, forms = shuffle.choice([fit[0], fit[-1]])
    return re.sub(pattern, shuffle.choice(forms), question)


def in_other_words(question: str, wordnet: WordNet, shuffle: random.Random) -> str:
    """With synonyms for up to two words."""
    known = [(word, same) for word in tokens(question) if word not in STOP_WORDS and (same := wordnet.synonyms(word))]
    for word, same in shuffle.sample(known, min(2, len(known))):
        if word not in _QUESTION_WORDS:
            question = re.sub(rf"\b{word}\b", shuffle.choice(same), question, flags=re.IGNORECASE)
    return question
