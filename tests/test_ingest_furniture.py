"""What belongs to a page and not to its article."""

import pytest
from hypothesis import given
from ingesttest import LINES

from qa.ingest.furniture import RULES, clean


@pytest.mark.parametrize(
    "line",
    [
        "Leave a Reply", "LEAVE A REPLY", "Required fields are marked *", "Post Comment", "Comment *", "12 Comments",
        "Save my name, email, and website in this browser for the next time I comment.", "Comments are closed.",
        "2025-11-08T044506.778Z.png", "Screenshot 2024-05-31 at 10.00.15.png", "https://x.org/a.jpg?w=300",
        "Share this:", "Share on Facebook", "Tweet", "Facebook Twitter LinkedIn Email", "Like this:", "Like Loading...",
        "Click to share on X (Opens in new window)", "We use cookies to improve your experience.", "Accept all cookies",
        "By continuing to use this site, you agree to our use of cookies.", "Subscribe to our newsletter", "Loading…",
        "Sign up for our free weekly newsletter!", "Advertisement", "Read more: Talks in Prague", "Related posts",
        "Skip to content", "Tags: NATO, Ukraine", "© 2024 The Daily Site. All rights reserved.", "All rights reserved",
    ],
)  # fmt: skip
def test_furniture_goes(line: str) -> None:
    assert clean(f"One.\n\n  {line}\n\nTwo.") == "One.\n\nTwo."


@pytest.mark.parametrize(
    "line",
    [
        "Comments", "Facebook", "More", "Name", "Accept", "No comment",
        "Leave a reply on his desk, she said.", "We use cookies “to lure them”, said the baker.",
        "The advertisement was withdrawn.", "He called the file cover.png.", "Read more books, the minister said.",
        "Share prices fell on Friday.", "Copyright law was discussed at the meeting.", "(c) the parties shall confer;",
        "Related posts were left vacant.", "Tweets by the minister caused a stir.", "By using force you lose.",
        "Follow us, they said. And they did.", "Subscribe to our values, he urged the allies.",
    ],
)  # fmt: skip
def test_an_articles_own_line_stays(line: str) -> None:
    assert clean(f"One.\n{line}\n\n\nTwo.") == f"One.\n{line}\n\n\nTwo."


def test_doubtful_lines_go_right_below_furniture_only() -> None:
    text = "Facebook\n\nThe firm was fined.\n\nShare this:\nFacebook\nX\n\nIt will appeal.\nComments"
    assert clean(text) == "Facebook\n\nThe firm was fined.\n\nIt will appeal.\nComments"


def test_text_below_a_comment_form_stays() -> None:
    assert clean("One.\n\nLeave a Reply\n\nName *\nWebsite\nPost Comment\n\nTwo.") == "One.\n\nTwo."


@given(LINES)
def test_cleaning_is_idempotent_and_invents_no_line(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert set(cleaned.split("\n")) <= {*text.split("\n"), ""}


def test_every_rule_has_a_reason() -> None:
    assert all(rule.reason and rule.pattern for rule in RULES)
