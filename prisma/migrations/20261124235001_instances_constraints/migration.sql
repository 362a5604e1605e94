-- What must never break of instances (INS), and what their lists are served by. Written by hand: Prisma's schema cannot say these.
CREATE INDEX "instances_of_buyer_by_stage" ON "instances" ("buyer_id", "stage", "id");
CREATE INDEX "instances_of_provider_by_stage" ON "instances" ("provider_id", "stage", "id");

ALTER TABLE "instances"
  ADD CONSTRAINT "instances_stage_known" CHECK ("stage" IN ('creating', 'active', 'expired', 'destroying', 'destroyed')),
  ADD CONSTRAINT "instances_sign_id" CHECK (length("sign_id") BETWEEN 1 AND 11),
  ADD CONSTRAINT "instances_made" CHECK ("stage" NOT IN ('active', 'expired') OR "sign_id" IS NOT NULL),
  ADD CONSTRAINT "instances_access_ends" CHECK ("stage" <> 'destroyed' OR "access_sealed" IS NULL),
  ADD CONSTRAINT "instances_sequence" CHECK ("sequence" >= 1);
ALTER TABLE "delivery_checks"
  ADD CONSTRAINT "delivery_checks_action_known" CHECK ("action" IN (
    'verifyInterface', 'createInstance', 'renewInstance', 'modifyInstance', 'expireInstance', 'destroyInstance')),
  ADD CONSTRAINT "delivery_checks_passes" CHECK ("passes" >= 1);
