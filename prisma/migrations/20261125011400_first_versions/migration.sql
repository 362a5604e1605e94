-- The demonstration products were there without a version row: modified, what orders had been placed on was lost (PRD-7).
-- A version that no application has published names none.
ALTER TABLE "product_versions" ALTER COLUMN "application_id" DROP NOT NULL;

-- What is published now is still there.
INSERT INTO "product_versions" ("product_id", "number", "content", "published_at")
SELECT p."id", p."version", p."content", p."updated_at" FROM "products" p
WHERE p."version" >= 1 AND p."content" IS NOT NULL
ON CONFLICT DO NOTHING;

-- What was published before, where the application that replaced it has kept it.
INSERT INTO "product_versions" ("product_id", "number", "content", "published_at")
SELECT v."product_id", v."number" - 1, r."base"->'content', p."created_at"
FROM "product_versions" v JOIN "reviews" r ON r."id" = v."application_id" JOIN "products" p ON p."id" = v."product_id"
WHERE v."number" > 1 AND jsonb_typeof(r."base"->'content') = 'object'
ON CONFLICT DO NOTHING;
