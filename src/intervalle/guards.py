"""What the tables alone cannot say: extensions, and triggers that keep the past as it was."""

from intervalle import guards_needs

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

# Where a place is drawn, and its cell of the map. A masked place stands 150 to 277 m away, by a step of its own (`mask`:
# 4096 directions × 128 lengths). A cell is a tile of zoom 20, its two coordinates' bits alternating: the tile of a lower
# zoom holds the cells that begin alike.
MAP = """
CREATE OR REPLACE FUNCTION shown_point(point geometry, masked boolean, mask integer) RETURNS geometry
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN masked THEN public.ST_Translate(point,
    (150 + (mask >> 12 & 127)) * cos(radians((mask & 4095) * 360.0 / 4096)) / (111320 * cos(radians(public.ST_Y(point)))),
    (150 + (mask >> 12 & 127)) * sin(radians((mask & 4095) * 360.0 / 4096)) / 111320) ELSE point END
$$;
CREATE OR REPLACE FUNCTION spread_bits(n bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
BEGIN
  n := (n | (n << 16)) & 281470681808895;
  n := (n | (n << 8)) & 71777214294589695;
  n := (n | (n << 4)) & 1085102592571150095;
  n := (n | (n << 2)) & 3689348814741910323;
  RETURN (n | (n << 1)) & 6148914691236517205;
END $$;
CREATE OR REPLACE FUNCTION map_cell(point geometry) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT public.spread_bits(least(1048575, greatest(0, floor((public.ST_X(point) + 180) / 360 * 1048576)))::bigint)
    | (public.spread_bits(least(1048575, greatest(0, floor(
        (1 - asinh(tan(radians(least(85, greatest(-85, public.ST_Y(point)))))) / pi()) / 2 * 1048576)))::bigint) << 1)
$$
"""

BEFORE_TABLES = (PLAIN_TEXT,)
BEFORE_COLUMNS = (MAP,)  # that are made from them; their migration runs it
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

# A lot's days of works, and its days without room (uses that take its whole area, all week: 14 half-days × hundredths
# of m²), from its history: what a list of a million lots is filtered by. The twin of `premises.timeline.state_on`.
LOT_DAYS = """
CREATE OR REPLACE FUNCTION lot_days(lot bigint, area numeric, OUT works datemultirange, OUT taken datemultirange)
LANGUAGE sql STABLE AS $$
  WITH uses AS (
    SELECT during, kind IN ('works', 'demolition') AS shut,
      (upper(part) - lower(part)) * (SELECT sum(upper(week) - lower(week)) FROM unnest(slots) week) AS units
    FROM occupancies WHERE lot_id = lot
  ), days AS (
    SELECT coalesce(lower(during), '-infinity') AS day FROM uses WHERE NOT shut
    UNION SELECT upper(during) FROM uses WHERE NOT shut AND NOT upper_inf(during)
  ), stretches AS (SELECT day, lead(day) OVER (ORDER BY day) AS next FROM days)
  SELECT coalesce((SELECT range_agg(during) FROM uses WHERE shut), '{}'),
    coalesce((SELECT range_agg(daterange(day, next)) FROM stretches
      WHERE (SELECT sum(units) FROM uses WHERE NOT shut AND during @> day) >= 1400 * lot_days.area), '{}')
$$;
CREATE OR REPLACE FUNCTION lot_days_of_uses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE lots SET (works, taken) = (SELECT d.works, d.taken FROM lot_days(lots.id, lots.area) d)
  WHERE id IN (SELECT lot_id FROM touched);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION lot_days_of_moved_uses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE lots SET (works, taken) = (SELECT d.works, d.taken FROM lot_days(lots.id, lots.area) d)
  WHERE id IN (SELECT lot_id FROM touched UNION SELECT lot_id FROM was);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION lot_days_of_area() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT d.works, d.taken INTO NEW.works, NEW.taken FROM lot_days(NEW.id, NEW.area) d;
  RETURN NEW;
END $$;
CREATE TRIGGER occupancies_days_added AFTER INSERT ON occupancies REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION lot_days_of_uses();
CREATE TRIGGER occupancies_days_changed AFTER UPDATE ON occupancies REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION lot_days_of_moved_uses();
CREATE TRIGGER occupancies_days_removed AFTER DELETE ON occupancies REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION lot_days_of_uses();
CREATE TRIGGER lots_days_of_area BEFORE UPDATE OF area ON lots FOR EACH ROW
  WHEN (OLD.area IS DISTINCT FROM NEW.area) EXECUTE FUNCTION lot_days_of_area()
"""

# A lot's days are no part of what its premises are searched by: two uses of one building's lots do not wait for each other.
LOT_WORDS = """
CREATE OR REPLACE FUNCTION premises_haystack_of_changed_lots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE premises SET name = name WHERE id IN (
    SELECT unnest(ARRAY[n.premises_id, o.premises_id]) FROM touched n JOIN was o ON o.id = n.id
    WHERE (n.premises_id, n.label, n.name, n.description, n.area, n.rent_cents_m2_year)
      IS DISTINCT FROM (o.premises_id, o.label, o.name, o.description, o.area, o.rent_cents_m2_year));
  RETURN NULL;
END $$;
DROP TRIGGER lots_haystack_changed ON lots;
CREATE TRIGGER lots_haystack_changed AFTER UPDATE ON lots REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_haystack_of_changed_lots()
"""

# Published places per cell of the map (zoom 11; -1 without a point), as steps whose sum is the number: see
# `premises.models.Cell`.
CELLS = """
CREATE OR REPLACE FUNCTION premises_cells_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  step int := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
BEGIN
  INSERT INTO premises_cells (cell, places, x, y)
  SELECT coalesce(cell >> 18, -1), step * count(*), step * coalesce(sum(ST_X(shown)), 0), step * coalesce(sum(ST_Y(shown)), 0)
  FROM touched WHERE published_at IS NOT NULL AND withdrawn_at IS NULL GROUP BY 1;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION premises_cells_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO premises_cells (cell, places, x, y)
  SELECT coalesce(s.cell >> 18, -1), sum(step), coalesce(sum(step * ST_X(s.shown)), 0), coalesce(sum(step * ST_Y(s.shown)), 0)
  FROM was o JOIN touched n ON n.id = o.id
    AND (n.published_at IS NOT NULL AND n.withdrawn_at IS NULL, n.cell, n.shown::bytea)
      IS DISTINCT FROM (o.published_at IS NOT NULL AND o.withdrawn_at IS NULL, o.cell, o.shown::bytea),
    LATERAL (VALUES (-1, o.cell, o.shown, o.published_at IS NOT NULL AND o.withdrawn_at IS NULL),
                    (1, n.cell, n.shown, n.published_at IS NOT NULL AND n.withdrawn_at IS NULL)) s (step, cell, shown, public)
  WHERE s.public GROUP BY 1;
  RETURN NULL;
END $$;
CREATE TRIGGER premises_cells_added AFTER INSERT ON premises REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_cells_added();
CREATE TRIGGER premises_cells_removed AFTER DELETE ON premises REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_cells_added();
CREATE TRIGGER premises_cells_moved AFTER UPDATE ON premises REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_cells_moved()
"""

# Metres from a place to the nearest perimeter in force, up to 5 km. A degree is at least 70 km here: the nearest in degrees
# says how far to look, the nearest in metres is looked for within. Rounded up to 250 m for a masked place.
NEAR_QPV = """
CREATE OR REPLACE FUNCTION metres_to_qpv(point geometry, masked boolean) RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
  here geography := point::geography;
  metres float8;
BEGIN
  SELECT ST_Distance(near.outline::geography, here) INTO metres FROM (
    SELECT outline FROM qpv_perimeters
    WHERE during @> current_date AND outline && ST_Expand(point, 0.0715) ORDER BY outline <-> point LIMIT 1) near;
  IF metres IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT min(ST_Distance(outline::geography, here)) INTO metres FROM qpv_perimeters
  WHERE during @> current_date AND outline && ST_Expand(point, least(0.0715, metres / 70000));
  RETURN CASE WHEN metres > 5000 THEN NULL WHEN masked THEN ceil(metres / 250) * 250 ELSE ceil(metres) END;
END $$;
CREATE OR REPLACE FUNCTION premises_near_qpv() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.qpv_metres := metres_to_qpv(NEW.point, NEW.owner_masked);
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION qpv_near_premises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE premises p SET qpv_metres = metres_to_qpv(p.point, p.owner_masked)
  WHERE EXISTS (SELECT 1 FROM touched t WHERE p.point && ST_Expand(t.outline, 0.0715));
  RETURN NULL;
END $$;
CREATE TRIGGER premises_near_qpv BEFORE INSERT OR UPDATE OF point, owner_masked ON premises
  FOR EACH ROW EXECUTE FUNCTION premises_near_qpv();
CREATE TRIGGER qpv_perimeters_added AFTER INSERT ON qpv_perimeters REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION qpv_near_premises();
CREATE TRIGGER qpv_perimeters_left AFTER UPDATE ON qpv_perimeters REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION qpv_near_premises();
CREATE TRIGGER qpv_perimeters_reached AFTER UPDATE ON qpv_perimeters REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION qpv_near_premises();
CREATE TRIGGER qpv_perimeters_removed AFTER DELETE ON qpv_perimeters REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION qpv_near_premises()
"""

# What was notified stays as it left. A decision and a corrective act are whole once released; a line takes its letter and
# its message once; of an award only its answer and its end are still to be written; a letter kept for them is never replaced.
RELEASED = """
CREATE OR REPLACE FUNCTION released_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  open text[] := '{}';
  act bigint;
BEGIN
  IF TG_TABLE_NAME = 'corrective_act_lines' THEN
    act := CASE TG_OP WHEN 'INSERT' THEN NEW.act_id ELSE OLD.act_id END;
    IF NOT EXISTS (SELECT 1 FROM corrective_acts WHERE id = act AND released_at IS NOT NULL) THEN
      IF TG_OP <> 'UPDATE' OR NEW.act_id = OLD.act_id
         OR NOT EXISTS (SELECT 1 FROM corrective_acts WHERE id = NEW.act_id AND released_at IS NOT NULL) THEN
        RETURN COALESCE(NEW, OLD);
      END IF;
    ELSIF TG_OP = 'UPDATE' AND OLD.letter_file_id IS NULL AND OLD.message_id IS NULL THEN
      open := '{letter_file_id,message_id}';
    END IF;
  ELSIF TG_TABLE_NAME = 'stored_files' THEN
    IF NOT EXISTS (SELECT 1 FROM decisions WHERE letter_file_id = OLD.id)
       AND NOT EXISTS (SELECT 1 FROM corrective_act_lines WHERE letter_file_id = OLD.id) THEN
      RETURN COALESCE(NEW, OLD);
    END IF;
  ELSIF OLD.released_at IS NULL THEN
    RETURN COALESCE(NEW, OLD);
  ELSIF TG_TABLE_NAME = 'awards' THEN
    open := '{offer_expires_at,accepted_at,declined_at,answered_by_id,lapsed_at,withdrawn_at,letter_file_id}';
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - open = to_jsonb(NEW) - open THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what was notified does not change' USING ERRCODE = 'check_violation', CONSTRAINT = 'released_is_kept';
END $$;
CREATE TRIGGER decisions_kept BEFORE UPDATE OR DELETE ON decisions FOR EACH ROW EXECUTE FUNCTION released_is_kept();
CREATE TRIGGER awards_kept BEFORE UPDATE OR DELETE ON awards FOR EACH ROW EXECUTE FUNCTION released_is_kept();
CREATE TRIGGER corrective_acts_kept BEFORE UPDATE OR DELETE ON corrective_acts
  FOR EACH ROW EXECUTE FUNCTION released_is_kept();
CREATE TRIGGER corrective_act_lines_kept BEFORE INSERT OR UPDATE OR DELETE ON corrective_act_lines
  FOR EACH ROW EXECUTE FUNCTION released_is_kept();
CREATE TRIGGER stored_files_kept BEFORE UPDATE OR DELETE ON stored_files
  FOR EACH ROW EXECUTE FUNCTION released_is_kept()
"""

SUPPLY_AT_SIZE = (LOT_DAYS, LOT_WORDS, CELLS, NEAR_QPV)
LATER: tuple[str, ...] = (FROZEN_UNLESS_UNPLANNED, SORTED, VOCABULARY, *SUPPLY_AT_SIZE, *guards_needs.NEEDS, RELEASED)
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
