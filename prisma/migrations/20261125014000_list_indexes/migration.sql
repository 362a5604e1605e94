-- Lists of tables of a million rows, each read from an index that has its filter.

-- A provider's products by state and by type, in the order of the list.
CREATE INDEX "products_provider_id_status_id_idx" ON "products" ("provider_id", "status", "id");
CREATE INDEX "products_provider_id_type_id_idx" ON "products" ("provider_id", "type", "id");

-- A provider's coupons that can be used at an instant, whoever has them.
CREATE INDEX "coupons_provider_id_valid_to_valid_from_idx" ON "coupons" ("provider_id", "valid_to", "valid_from");
