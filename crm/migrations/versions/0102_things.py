"""The things of the hospital: patients' files, group customers, members, resources, partners, events, knowledge, tasks, complaints."""

from __future__ import annotations

from alembic import op

from crm.migrations.things import (
    complaints,
    corporate,
    events,
    knowledge,
    membership,
    partners,
    patient_file,
    registries,
    resources,
    tasks,
)

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

DOMAINS = (resources, patient_file, registries, corporate, membership, partners, events, knowledge, tasks, complaints)

LEDGER = (
    """
CREATE FUNCTION points_entry_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE account points_account;
BEGIN
    INSERT INTO points_account (member_id) VALUES (NEW.member_id) ON CONFLICT DO NOTHING;
    SELECT * INTO account FROM points_account WHERE member_id = NEW.member_id FOR UPDATE;
    IF account.balance + NEW.delta < 0 THEN
        RAISE EXCEPTION 'more than the member has'
            USING ERRCODE = 'check_violation', TABLE = 'points_entry', COLUMN = 'delta', CONSTRAINT = 'ck_points_entry_balance';
    END IF;
    UPDATE points_account SET balance = balance + NEW.delta, gathered = gathered + greatest(NEW.delta, 0), entries = entries + 1
        WHERE member_id = NEW.member_id RETURNING * INTO account;
    NEW.balance := account.balance;
    NEW.place := account.entries;
    RETURN NEW;
END $$
""",
    "CREATE TRIGGER points_entry_counted BEFORE INSERT ON points_entry FOR EACH ROW EXECUTE FUNCTION points_entry_counted()",
    """
CREATE FUNCTION points_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the points ledger is only added to' USING ERRCODE = 'check_violation';
END $$
""",
    "CREATE TRIGGER points_entry_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON points_entry FOR EACH STATEMENT EXECUTE FUNCTION points_are_kept()",
    # Depth 0 is a statement from outside; the ledger's own trigger writes at depth 1.
    "CREATE TRIGGER points_account_kept BEFORE INSERT OR UPDATE OR DELETE ON points_account FOR EACH STATEMENT "
    "WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION points_are_kept()",
    "CREATE TRIGGER points_account_kept_whole BEFORE TRUNCATE ON points_account FOR EACH STATEMENT EXECUTE FUNCTION points_are_kept()",
)

# Pairs of neighbouring letters and digits, in time linear in the text: articles are long.
GRAMS = (
    """
CREATE FUNCTION crm_bigrams(written text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT pair), '{}') FROM (
        SELECT letter || lead(letter) OVER (ORDER BY place) AS pair
        FROM unnest(string_to_array(lower(written), NULL)) WITH ORDINALITY AS split (letter, place)
    ) AS pairs WHERE pair ~ '^[[:alnum:]]{2}$'
$$
""",
    """
CREATE FUNCTION crm_shared_pairs(one text[], other text[]) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT count(*)::integer FROM unnest(one) AS pair WHERE pair = ANY (other)
$$
""",
    """
CREATE FUNCTION crm_plain_text(html text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(html, '<[^>]*>', ' ', 'g'), '&[a-z]+;', ' ', 'g')
$$
""",
    """
CREATE FUNCTION knowledge_version_grams() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.grams := crm_bigrams(NEW.title || ' ' || array_to_string(NEW.keywords, ' ') || ' ' || crm_plain_text(NEW.body_html));
    RETURN NEW;
END $$
""",
    """
CREATE FUNCTION standard_answer_grams() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.grams := crm_bigrams(NEW.question || ' ' || NEW.answer || ' ' || array_to_string(NEW.steps, ' '));
    RETURN NEW;
END $$
""",
    "CREATE TRIGGER knowledge_version_grams BEFORE INSERT ON knowledge_version FOR EACH ROW EXECUTE FUNCTION knowledge_version_grams()",
    "CREATE TRIGGER standard_answer_grams BEFORE INSERT OR UPDATE ON standard_answer FOR EACH ROW EXECUTE FUNCTION standard_answer_grams()",
)


def upgrade() -> None:
    for domain in DOMAINS:
        domain.upgrade()
    for statement in (*LEDGER, *GRAMS):
        op.execute(statement)
