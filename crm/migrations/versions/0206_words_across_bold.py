"""A word of which one half is bold is one word to the search of the knowledge base.

Revision: 0206, after 0205. Out: the function that takes the text out of HTML leaves no gap at inline tags; versions are indexed anew.
"""

from __future__ import annotations

from alembic import op

revision = "0206"
down_revision = "0205"
branch_labels = None
depends_on = None

_INLINE = "</?(a|abbr|b|code|em|i|mark|s|small|span|strong|sub|sup|u)(\\s[^>]*)?>"
PLAIN = f"""
CREATE OR REPLACE FUNCTION crm_plain_text(html text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(html, '{_INLINE}', '', 'gi'), '<[^>]*>', ' ', 'g'), '&[a-z]+;', ' ', 'g')
$$
"""
INDEX = """
UPDATE knowledge_version
SET grams = crm_bigrams(title || ' ' || array_to_string(keywords, ' ') || ' ' || crm_plain_text(body_html))
"""


def upgrade() -> None:
    op.execute(PLAIN)
    op.execute(INDEX)
