-- Words are looked for anywhere in a text, which no B-tree serves. pg_trgm would, but is not to be had everywhere, and
-- in the C locale it takes no Chinese character for a letter. So a GIN index of what PostgreSQL has itself: the
-- characters of a text, in small letters, by one, by two that follow each other, and by three.
-- A word is looked for by the longest ones that it has.
CREATE FUNCTION "word_grams"(words text, shortest int) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  c text[] := string_to_array(lower(words), NULL);
  least_characters int := least(shortest, cardinality(c));
BEGIN
  RETURN ARRAY(
    SELECT DISTINCT gram FROM generate_subscripts(c, 1) AS i,
      LATERAL (VALUES (1, c[i]), (2, c[i] || c[i + 1]), (3, c[i] || c[i + 1] || c[i + 2])) AS grams(characters, gram)
    WHERE gram IS NOT NULL AND characters >= least_characters
  );
END
$$;

-- What buyers look for words in, in small letters: name, summary and tags of a product.
CREATE FUNCTION "product_words"(name text, summary text, content jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RETURN lower(concat_ws(' ', name, summary, (
    SELECT string_agg(tag, ' ') FROM jsonb_array_elements_text(coalesce(content->'tags', '[]')) AS tag)));
END
$$;

CREATE INDEX "products_published_by_words" ON "products"
  USING gin ("word_grams"("product_words"("name", "summary", "content"), 1)) WHERE "status" = 'published';
-- How frequent they are: by that PostgreSQL knows whether the index leads to the products that have a word sooner than
-- the list itself. It does not ask an index that is partial.
CREATE STATISTICS "products_words" ON ("word_grams"("product_words"("name", "summary", "content"), 1)) FROM "products";

-- A provider looks for words in the names of its own coupons: read from the index alone. It serves the plain list, too.
CREATE INDEX "coupons_of_provider_by_name" ON "coupons" ("provider_id", "id") INCLUDE ("name");
DROP INDEX "coupons_provider_id_id_idx";

-- What a person did, and what of it to one provider's objects: whose object it was is seen in the index, not in the row.
DROP INDEX "steps_of_person";
CREATE INDEX "steps_of_person" ON "steps" ("actor_id", "at", "provider_id") WHERE "actor_role" <> 'system';
