"""What the tables alone cannot say: extensions, and triggers that keep the past as it was."""

EXTENSIONS = ("postgis", "btree_gist", "pg_trgm", "unaccent")

# unaccent() is only STABLE (its dictionary could change); ours names the dictionary, so indexes may use it.
PLAIN_TEXT = """
CREATE OR REPLACE FUNCTION plain_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT lower(public.unaccent('public.unaccent', value)) $$
"""

JOURNAL = """
CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER journal_entries_append_only BEFORE UPDATE OR DELETE ON journal_entries
  FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_entries_no_truncate BEFORE TRUNCATE ON journal_entries
  FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only()
"""

# Once a version is frozen, neither it nor its lots and criteria change: a change is a new version.
FROZEN = """
CREATE OR REPLACE FUNCTION call_version_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched bigint[];
BEGIN
  IF TG_TABLE_NAME = 'call_versions' THEN
    IF OLD.frozen_at IS NULL THEN RETURN COALESCE(NEW, OLD); END IF;
  ELSE
    touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id] WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                          ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    IF NOT EXISTS (SELECT 1 FROM call_versions WHERE id = ANY(touched) AND frozen_at IS NOT NULL) THEN
      RETURN COALESCE(NEW, OLD);
    END IF;
  END IF;
  RAISE EXCEPTION 'this version of the call is frozen'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'call_version_frozen';
END $$;
CREATE TRIGGER call_versions_frozen BEFORE UPDATE OR DELETE ON call_versions
  FOR EACH ROW EXECUTE FUNCTION call_version_is_frozen();
CREATE TRIGGER call_lots_frozen BEFORE INSERT OR UPDATE OR DELETE ON call_lots
  FOR EACH ROW EXECUTE FUNCTION call_version_is_frozen();
CREATE TRIGGER criteria_frozen BEFORE INSERT OR UPDATE OR DELETE ON criteria
  FOR EACH ROW EXECUTE FUNCTION call_version_is_frozen()
"""

# What a search of premises reads, from four tables; the address of a masked owner cannot be found by trying it.
HAYSTACK = """
CREATE OR REPLACE FUNCTION premises_haystack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.haystack := plain_text(concat_ws(' ', NEW.name, CASE WHEN NOT NEW.owner_masked THEN NEW.address END, NEW.postcode,
    (SELECT name FROM communes WHERE code = NEW.commune_code),
    (SELECT name FROM qpv_perimeters WHERE code = NEW.qpv_code ORDER BY vintage DESC LIMIT 1),
    NEW.description, (SELECT string_agg(concat_ws(' ', name, description), ' ' ORDER BY label) FROM lots WHERE premises_id = NEW.id)));
  RETURN NEW;
END $$;
CREATE TRIGGER premises_haystack_kept
  BEFORE INSERT OR UPDATE OF name, address, postcode, commune_code, qpv_code, description, owner_masked ON premises
  FOR EACH ROW EXECUTE FUNCTION premises_haystack();
CREATE OR REPLACE FUNCTION premises_haystack_of_lots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE premises SET name = name WHERE id IN (SELECT premises_id FROM touched);
  RETURN NULL;
END $$;
CREATE TRIGGER lots_haystack_added AFTER INSERT ON lots REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_haystack_of_lots();
CREATE TRIGGER lots_haystack_changed AFTER UPDATE ON lots REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_haystack_of_lots();
CREATE TRIGGER lots_haystack_removed AFTER DELETE ON lots REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_haystack_of_lots()
"""

# What a list is sorted by stands on the premises' row, where an index can reach it.
SORTED = """
CREATE OR REPLACE FUNCTION premises_haystack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.haystack := plain_text(concat_ws(' ', NEW.name, CASE WHEN NOT NEW.owner_masked THEN NEW.address END, NEW.postcode,
    (SELECT name FROM communes WHERE code = NEW.commune_code),
    (SELECT name FROM qpv_perimeters WHERE code = NEW.qpv_code ORDER BY vintage DESC LIMIT 1),
    NEW.description, (SELECT string_agg(concat_ws(' ', name, description), ' ' ORDER BY label) FROM lots WHERE premises_id = NEW.id)));
  SELECT coalesce(max(area), 0), min(rent_cents_m2_year) INTO NEW.largest, NEW.lowest_rent_cents FROM lots WHERE premises_id = NEW.id;
  RETURN NEW;
END $$
"""

# The vocabulary of the premises, where a mistyped word finds its likes; and what was typed as a question of words:
# each word typed stands for the known words that begin with it, contain it (from three letters) or are like it (from five).
VOCABULARY = """
CREATE OR REPLACE FUNCTION premises_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO premises_words (word)
  SELECT DISTINCT known.lexeme FROM touched, unnest(touched.words) known
  WHERE NOT EXISTS (SELECT 1 FROM premises_words w WHERE w.word = known.lexeme);
  RETURN NULL;
END $$;
CREATE TRIGGER premises_words_added AFTER INSERT ON premises REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_words_kept();
CREATE TRIGGER premises_words_changed AFTER UPDATE ON premises REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_words_kept();
CREATE OR REPLACE FUNCTION premises_query(typed text) RETURNS tsquery LANGUAGE plpgsql STABLE AS $$
DECLARE
  token text;
  meant tsquery;
  whole tsquery;
BEGIN
  FOR token IN SELECT part FROM regexp_split_to_table(plain_text(typed), '[^[:alnum:]]+') part WHERE part <> '' LIMIT 8 LOOP
    meant := (quote_literal(token) || ':*')::tsquery;
    IF length(token) > 2 THEN
      SELECT coalesce(meant || string_agg(quote_literal(word), ' | ')::tsquery, meant) INTO meant FROM (
        SELECT DISTINCT word FROM premises_words
        WHERE word LIKE '%' || token || '%' OR (length(token) > 4 AND token <<% word) LIMIT 100) likes;
    END IF;
    whole := coalesce(whole && meant, meant);
  END LOOP;
  RETURN coalesce(whole, ''::tsquery);
END $$
"""

BEFORE_TABLES = (PLAIN_TEXT,)
# What the first migration makes, and never more: a guard added since stands in LATER, and its own migration runs it.
FIRST = (JOURNAL, FROZEN, HAYSTACK)
# A version frozen for an opening still to come is let go when its call has no opening any more (the opening was planned,
# then taken back); whatever has been open stays frozen.
FROZEN_UNLESS_UNPLANNED = """
CREATE OR REPLACE FUNCTION call_version_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched bigint[];
BEGIN
  IF TG_TABLE_NAME = 'call_versions' THEN
    IF OLD.frozen_at IS NULL THEN RETURN COALESCE(NEW, OLD); END IF;
    IF TG_OP = 'UPDATE' AND NEW.frozen_at IS NULL
       AND EXISTS (SELECT 1 FROM calls WHERE id = OLD.call_id AND opened_at IS NULL) THEN
      RETURN NEW;
    END IF;
  ELSE
    touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id] WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                          ELSE ARRAY[OLD.version_id, NEW.version_id] END;
    IF NOT EXISTS (SELECT 1 FROM call_versions WHERE id = ANY(touched) AND frozen_at IS NOT NULL) THEN
      RETURN COALESCE(NEW, OLD);
    END IF;
  END IF;
  RAISE EXCEPTION 'this version of the call is frozen'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'call_version_frozen';
END $$
"""

LATER: tuple[str, ...] = (FROZEN_UNLESS_UNPLANNED, SORTED, VOCABULARY)
AFTER_TABLES = (*FIRST, *LATER)

DROP_TRIGGERS = (
    "DROP TRIGGER premises_haystack_kept ON premises",
    "DROP TRIGGER lots_haystack_added ON lots",
    "DROP TRIGGER lots_haystack_changed ON lots",
    "DROP TRIGGER lots_haystack_removed ON lots",
    "DROP TRIGGER journal_entries_append_only ON journal_entries",
    "DROP TRIGGER journal_entries_no_truncate ON journal_entries",
    "DROP TRIGGER call_versions_frozen ON call_versions",
    "DROP TRIGGER call_lots_frozen ON call_lots",
    "DROP TRIGGER criteria_frozen ON criteria",
)
DROP_FUNCTIONS = (
    "DROP FUNCTION premises_haystack()",
    "DROP FUNCTION premises_haystack_of_lots()",
    "DROP FUNCTION journal_is_append_only()",
    "DROP FUNCTION call_version_is_frozen()",
    "DROP FUNCTION plain_text(text)",
)
