-- A change of an object notes what it found, so that its trail shows before and after also where no step came before.
ALTER TABLE "steps" ADD COLUMN "state_before" JSONB;
