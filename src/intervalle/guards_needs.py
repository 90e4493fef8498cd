"""What a search of the register of needs reads, kept by the database: a narrow row for each place that a need names, and
what has changed since needs and lots were last set against each other."""

# One row for each way to say where: '' anywhere, 'c' and a commune, 'q' and a neighbourhood, 's' something drawn. Areas in
# hundredths of m², so that everything compares as integers; `halves` has one bit per half-day, none for the whole week.
# `asks`: bits 1, 4 and 5 as the obstacles « qpv », « ground_floor », « step_free » of calls.matching, bit 9 for « takes it
# in turns », and the types of public (needs.erp_mask) from bit 10 on.
PLACES = """
CREATE OR REPLACE FUNCTION needs_looked_for() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM need_places USING touched WHERE need_places.need_id = touched.id;
  END IF;
  INSERT INTO need_places (place, need_id, area_min, area_max, budget_cents_month, wanted_from, wanted_until, halves, asks)
  SELECT named.place, n.id, n.area_min * 100, n.area_max * 100, n.budget_cents_month, n.wanted_from, n.wanted_until,
    (SELECT coalesce(bit_or(1 << half), 0) FROM unnest(n.slots) half),
    (n.must_stay_in_qpv::integer << 1) | (n.ground_floor::integer << 4) | (n.step_free::integer << 5)
      | ((n.sharing OR cardinality(n.slots) > 0)::integer << 9) | (n.erp_mask::bigint << 10)
  FROM touched n CROSS JOIN LATERAL (
    SELECT '' WHERE n.anywhere UNION SELECT 'c' || unnest(n.commune_codes)
    UNION SELECT 'q' || unnest(n.qpv_codes) UNION SELECT 's' WHERE n.sector IS NOT NULL) named (place)
  WHERE n.closed_at IS NULL;
  INSERT INTO match_queue (need_id) SELECT id FROM touched WHERE closed_at IS NULL ORDER BY id;
  RETURN NULL;
END $$;
CREATE TRIGGER needs_looked_for_added AFTER INSERT ON needs REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION needs_looked_for();
CREATE TRIGGER needs_looked_for_changed AFTER UPDATE ON needs REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION needs_looked_for()
"""

# What can make a lot fit a need it did not fit: itself, its place, one of its uses. A use that stays makes it fit as well,
# 364 days before its end, when a need without dates begins to see beyond it (calls.matching.HORIZON): due on that day.
# Lots of a place that is not public wait: they are written down when it is published.
QUEUE = """
CREATE OR REPLACE FUNCTION lots_to_match() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO match_queue (lot_id) SELECT n.id FROM touched n JOIN premises p ON p.id = n.premises_id
    WHERE p.published_at IS NOT NULL AND p.withdrawn_at IS NULL ORDER BY n.id;
  ELSE
    INSERT INTO match_queue (lot_id) SELECT n.id FROM touched n JOIN was o ON o.id = n.id JOIN premises p ON p.id = n.premises_id
    WHERE p.published_at IS NOT NULL AND p.withdrawn_at IS NULL
      AND (n.area, n.min_area, n.divisible, n.shareable, n.floor, n.step_free, n.erp_types, n.charges_cents_m2_year,
           n.rent_cents_m2_year, n.available)
        IS DISTINCT FROM (o.area, o.min_area, o.divisible, o.shareable, o.floor, o.step_free, o.erp_types,
           o.charges_cents_m2_year, o.rent_cents_m2_year, o.available) ORDER BY n.id;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION premises_to_match() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO match_queue (lot_id) SELECT l.id FROM touched n JOIN was o ON o.id = n.id JOIN lots l ON l.premises_id = n.id
  WHERE n.published_at IS NOT NULL AND n.withdrawn_at IS NULL
    AND (n.published_at, n.withdrawn_at, n.commune_code, n.qpv_code, n.shown::bytea)
      IS DISTINCT FROM (o.published_at, o.withdrawn_at, o.commune_code, o.qpv_code, o.shown::bytea) ORDER BY l.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION uses_to_match() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO match_queue (lot_id) SELECT DISTINCT lot_id FROM was ORDER BY lot_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO match_queue (lot_id, due) SELECT DISTINCT lot_id, upper(during) - 364 FROM touched
    WHERE upper(during) - 364 > current_date ORDER BY lot_id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER lots_to_match_added AFTER INSERT ON lots REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION lots_to_match();
CREATE TRIGGER lots_to_match_changed AFTER UPDATE ON lots REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION lots_to_match();
CREATE TRIGGER premises_to_match AFTER UPDATE ON premises REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION premises_to_match();
CREATE TRIGGER uses_to_match_added AFTER INSERT ON occupancies REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION uses_to_match();
CREATE TRIGGER uses_to_match_changed AFTER UPDATE ON occupancies REFERENCING OLD TABLE AS was NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION uses_to_match();
CREATE TRIGGER uses_to_match_removed AFTER DELETE ON occupancies REFERENCING OLD TABLE AS was
  FOR EACH STATEMENT EXECUTE FUNCTION uses_to_match()
"""

NEEDS = (PLACES, QUEUE)
